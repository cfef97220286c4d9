package amml.connect.jdbc;

import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Reads its share of the tables, or the query, over one connection. */
public class JdbcSourceTask extends SourceTask {
    private static final Logger LOG = LoggerFactory.getLogger(JdbcSourceTask.class);

    /** A poll returns this soon, so that the worker can stop the task. */
    private static final long LONGEST_PAUSE = 200;

    private final CountDownLatch stopped = new CountDownLatch(1);
    private Settings settings;
    private Dialect dialect;
    private Connection connection;
    private List<TableReader> readers;
    private int turn;
    private long retryAt = System.nanoTime();

    @Override
    public String version() {
        return JdbcSourceConnector.VERSION;
    }

    @Override
    public void start(Map<String, String> given) {
        settings = new Settings(given);
        dialect = dialect(settings);
    }

    /** A test puts another in its place. */
    Dialect dialect(Settings settings) {
        return JdbcUrl.dialect(settings.url());
    }

    @Override
    public List<SourceRecord> poll() throws InterruptedException {
        if (System.nanoTime() < retryAt) {
            pause((retryAt - System.nanoTime()) / 1_000_000);
            return null;
        }
        try {
            connect();
            List<SourceRecord> records = next();
            if (records.isEmpty()) {
                pause(
                        readers.stream()
                                .mapToLong(TableReader::idleMillis)
                                .min()
                                .orElse(LONGEST_PAUSE));
            }
            return records.isEmpty() ? null : records;
        } catch (SQLException fault) {
            recover(fault);
            return null;
        }
    }

    @Override
    public void stop() {
        stopped.countDown();
        close();
    }

    private void connect() throws SQLException {
        if (connection == null) {
            connection = dialect.connect(settings);
            LOG.info("connected");
        }
        if (readers == null) {
            readers = newReaders();
        }
    }

    private List<TableReader> newReaders() throws SQLException {
        List<Source> sources = new ArrayList<>();
        if (settings.readsQuery()) {
            sources.add(Source.ofQuery(settings, connection));
        }
        for (Table table : settings.tables()) {
            sources.add(Source.of(table, settings, connection));
        }
        List<TableReader> made = new ArrayList<>();
        for (Source source : sources) {
            made.add(newReader(source));
        }
        return made;
    }

    private TableReader newReader(Source source) throws SQLException {
        Cursor cursor = Cursor.of(connection, source, dialect, settings);
        Selection selection =
                new Selection(source, cursor, settings.initial(dialect.clock(connection)));
        Position kept = Position.of(context.offsetStorageReader().offset(source.partition()));
        return new TableReader(selection, kept, dialect, settings);
    }

    /** One after the other; who holds the connection goes on first. */
    private List<SourceRecord> next() throws SQLException {
        for (int tries = 0; tries < readers.size(); tries++) {
            TableReader reader = readers.get(turn);
            List<SourceRecord> records = reader.poll(connection);
            if (!reader.isReading()) {
                turn = (turn + 1) % readers.size();
            }
            if (!records.isEmpty()) {
                return records;
            }
        }
        return List.of();
    }

    private void recover(SQLException fault) {
        close();
        if (readers != null) {
            readers.forEach(TableReader::reset);
        }
        String reason = Faults.reason(fault, settings);
        if (!Faults.passes(fault)) {
            throw new ConnectException("the database says: " + reason);
        }
        if (stopped.getCount() > 0) {
            retryAt = System.nanoTime() + settings.backoff().toNanos();
            LOG.warn("trying again in {} ms: {}", settings.backoff().toMillis(), reason);
        }
    }

    private void pause(long millis) throws InterruptedException {
        stopped.await(Math.max(1, Math.min(millis, LONGEST_PAUSE)), TimeUnit.MILLISECONDS);
    }

    private void close() {
        try (Connection closing = connection) {
            connection = null;
        } catch (SQLException fault) {
            LOG.debug("the connection was lost before it was closed");
        }
    }
}
