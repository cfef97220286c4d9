package amml.connect.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.connector.ConnectorContext;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;
import org.apache.kafka.connect.source.SourceConnectorContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

class ConnectorTest {
    @TempDir Path folder;
    private final CountDownLatch changed = new CountDownLatch(1);

    private final ConnectorContext context =
            new SourceConnectorContext() {
                @Override
                public void requestTaskReconfiguration() {
                    changed.countDown();
                }

                @Override
                public void raiseError(Exception fault) {
                    throw new AssertionError(fault);
                }

                @Override
                public PluginMetrics pluginMetrics() {
                    return null;
                }

                @Override
                public OffsetStorageReader offsetStorageReader() {
                    return null;
                }
            };

    private JdbcSourceConnector started(Map<String, String> config) {
        JdbcSourceConnector connector = new JdbcSourceConnector();
        connector.initialize(context);
        connector.start(config);
        return connector;
    }

    private static List<Table> tables(Map<String, String> task) {
        return new Settings(task).tables();
    }

    @Test
    void itIsFoundByConnect() {
        assertTrue(
                ServiceLoader.load(SourceConnector.class).stream()
                        .anyMatch(each -> each.type() == JdbcSourceConnector.class));
    }

    @Test
    void tasksShareTheTables() {
        SqliteFile file =
                SqliteFile.in(folder)
                        .run(
                                "create table a (x int)",
                                "create table b (x int)",
                                "create table c (x int)");
        JdbcSourceConnector connector =
                started(file.config("mode", "bulk", "table.blacklist", "B"));
        List<Map<String, String>> tasks = connector.taskConfigs(5);
        connector.stop();
        assertEquals(2, tasks.size());
        Set<String> names = new HashSet<>();
        tasks.forEach(task -> tables(task).forEach(table -> names.add(table.name())));
        assertEquals(Set.of("a", "c"), names);
    }

    @Test
    void aNewTableMakesTheTasksAnew() throws Exception {
        SqliteFile file = SqliteFile.in(folder).run("create table a (x int)");
        JdbcSourceConnector connector =
                started(file.config("mode", "bulk", "table.poll.interval.ms", "100"));
        file.run("create table b (x int)");
        assertTrue(changed.await(20, TimeUnit.SECONDS));
        assertEquals(2, tables(connector.taskConfigs(1).get(0)).size());
        connector.stop();
    }

    @Test
    void aDatabaseThatIsDownAtTheStartIsWaitedFor() throws Exception {
        Map<String, String> config =
                new SqliteFile(folder.resolve("hall.db"))
                        .config("mode", "bulk", "connection.backoff.ms", "100");
        JdbcSourceConnector connector = started(config);
        assertEquals(List.of(), connector.taskConfigs(1));
        SqliteFile.in(folder).run("create table a (x int)");
        assertTrue(changed.await(20, TimeUnit.SECONDS));
        connector.stop();
    }

    @Test
    void exactlyOnceIsPromisedWhereThereIsAPosition() {
        JdbcSourceConnector connector = new JdbcSourceConnector();
        assertEquals(
                ExactlyOnceSupport.UNSUPPORTED,
                connector.exactlyOnceSupport(Map.of("mode", "bulk")));
        assertEquals(
                ExactlyOnceSupport.SUPPORTED,
                connector.exactlyOnceSupport(Map.of("mode", "timestamp")));
    }

    @Test
    void aNameThatNobodyKnowsIsFoundAndThoseOfConnectAreNot() {
        Set<String> names =
                Set.of(
                        "name",
                        "tasks.max",
                        "transforms.x.type",
                        "key.converter.schemas.enable",
                        "topic.creation.default.partitions",
                        "mode",
                        "poll.intervall.ms");
        assertEquals(Set.of("poll.intervall.ms"), Settings.unknown(names));
    }

    @Test
    void aTableSurvivesItsWayToTheTask() {
        Table table = new Table("", "pub/lic", "a,b \"c\"", "VIEW", "A,B");
        assertEquals(table, Table.decoded(table.encoded()));
    }
}
