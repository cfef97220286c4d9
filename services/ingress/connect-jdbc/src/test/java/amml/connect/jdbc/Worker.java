package amml.connect.jdbc;

import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Runs a task as Connect does: hands it the kept positions, and keeps those of its records. */
final class Worker implements AutoCloseable, SourceTaskContext, OffsetStorageReader {
    private static final long DEADLINE = 60_000_000_000L;
    private static final long WHILE = 1_200_000_000L;

    private final Map<String, String> config;
    private final Map<Object, Map<String, ?>> kept;
    private final JdbcSourceTask task;

    Worker(Map<String, String> config, Map<Object, Map<String, ?>> kept, JdbcSourceTask task) {
        this.config = config;
        this.kept = kept;
        this.task = task;
        task.initialize(this);
        task.start(config);
    }

    /** With the tables that the connector itself chooses. */
    static Worker of(Map<String, String> config) {
        return of(config, new HashMap<>());
    }

    static Worker of(Map<String, String> config, Map<Object, Map<String, ?>> kept) {
        return new Worker(withTables(config), kept, new JdbcSourceTask());
    }

    static Map<String, String> withTables(Map<String, String> config) {
        Settings settings = new Settings(config);
        Map<String, String> given = new HashMap<>(config);
        Dialect dialect = JdbcUrl.dialect(settings.url());
        try (var connection = dialect.connect(settings)) {
            List<Table> tables = Tables.of(connection, dialect, settings).chosen(settings);
            if (!settings.readsQuery()) {
                given.put(
                        Settings.TABLES,
                        String.join(",", tables.stream().map(Table::encoded).toList()));
            }
            return given;
        } catch (java.sql.SQLException fault) {
            throw new AssertionError(fault);
        }
    }

    /** One batch, once there is one; its last position is kept. */
    List<SourceRecord> batch() throws InterruptedException {
        return batch(System.nanoTime() + DEADLINE);
    }

    private List<SourceRecord> batch(long end) throws InterruptedException {
        while (System.nanoTime() < end) {
            List<SourceRecord> records = task.poll();
            if (records != null) {
                records.forEach(
                        record -> kept.put(record.sourcePartition(), record.sourceOffset()));
                return records;
            }
        }
        throw new AssertionError("no record came in time");
    }

    /** Batches until there are so many records. */
    List<SourceRecord> records(int count) throws InterruptedException {
        return until(found -> found.size() >= count);
    }

    List<SourceRecord> until(Predicate<List<SourceRecord>> enough) throws InterruptedException {
        List<SourceRecord> found = new ArrayList<>();
        long end = System.nanoTime() + DEADLINE;
        while (!enough.test(found)) {
            found.addAll(batch(end));
        }
        return found;
    }

    /** All that comes in a while that is long enough for what may come to come. */
    List<SourceRecord> meanwhile() throws InterruptedException {
        List<SourceRecord> found = new ArrayList<>();
        long end = System.nanoTime() + WHILE;
        while (System.nanoTime() < end) {
            found.addAll(during(1));
        }
        return found;
    }

    /** All that comes with so many polls. */
    List<SourceRecord> during(int polls) throws InterruptedException {
        List<SourceRecord> found = new ArrayList<>();
        for (int i = 0; i < polls; i++) {
            List<SourceRecord> records = task.poll();
            found.addAll(records == null ? List.of() : records);
        }
        found.forEach(record -> kept.put(record.sourcePartition(), record.sourceOffset()));
        return found;
    }

    static List<Object> column(Collection<SourceRecord> records, String name) {
        return records.stream().map(record -> ((Struct) record.value()).get(name)).toList();
    }

    @Override
    public void close() {
        task.stop();
    }

    @Override
    public Map<String, String> configs() {
        return config;
    }

    @Override
    public OffsetStorageReader offsetStorageReader() {
        return this;
    }

    @Override
    public PluginMetrics pluginMetrics() {
        throw new UnsupportedOperationException("no task of ours measures");
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> Map<String, Object> offset(Map<String, T> partition) {
        return (Map<String, Object>) kept.get(partition);
    }

    @Override
    public <T> Map<Map<String, T>, Map<String, Object>> offsets(
            Collection<Map<String, T>> partitions) {
        Map<Map<String, T>, Map<String, Object>> found = new HashMap<>();
        partitions.forEach(partition -> found.put(partition, offset(partition)));
        return found;
    }
}
