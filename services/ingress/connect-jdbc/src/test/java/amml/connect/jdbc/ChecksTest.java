package amml.connect.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

class ChecksTest {
    @TempDir Path folder;
    private SqliteFile file;

    @BeforeEach
    void makeTable() {
        file =
                SqliteFile.in(folder)
                        .run(
                                "create table air (id integer primary key autoincrement not null,"
                                        + " at timestamp not null, maybe timestamp, room text)",
                                "create view air_view as select id, at, maybe from air");
    }

    private static Map<String, List<String>> faults(Map<String, String> config) {
        Map<String, List<String>> faults = new TreeMap<>();
        new JdbcSourceConnector()
                .validate(config).configValues().stream()
                        .filter(field -> !field.errorMessages().isEmpty())
                        .forEach(field -> faults.put(field.name(), field.errorMessages()));
        return faults;
    }

    private Map<String, List<String>> faultsOf(String... pairs) {
        return faults(file.config(pairs));
    }

    private static void assertFault(Map<String, List<String>> faults, String field, String words) {
        assertEquals(List.of(field), List.copyOf(faults.keySet()), faults.toString());
        assertTrue(faults.get(field).get(0).contains(words), faults.toString());
    }

    @Test
    void aSoundConfigurationHasNoFaults() {
        assertEquals(
                Map.of(),
                faultsOf(
                        "mode",
                        "timestamp+incrementing",
                        "timestamp.column.name",
                        "at",
                        "incrementing.column.name",
                        "id",
                        "table.whitelist",
                        "AIR"));
    }

    @Test
    void aMissingTableIsToldWithTheNearestName() {
        assertFault(
                faultsOf("mode", "bulk", "table.whitelist", "iar"),
                "table.whitelist",
                "there is no table iar; did you mean \"air\"?");
    }

    @Test
    void aViewThatWasNotAskedForIsToldAtTheTypes() {
        assertFault(
                faultsOf("mode", "bulk", "table.whitelist", "air_view"),
                "table.types",
                "write table.types=VIEW");
    }

    @Test
    void aMissingColumnIsToldWithTheNearestName() {
        assertFault(
                faultsOf(
                        "mode",
                        "timestamp",
                        "timestamp.column.name",
                        "att",
                        "table.whitelist",
                        "air"),
                "timestamp.column.name",
                "air has no column att; did you mean \"at\"?");
    }

    @Test
    void aColumnThatCanBeNullIsRefusedUnlessTheUserSaysSo() {
        assertFault(
                faultsOf(
                        "mode",
                        "timestamp",
                        "timestamp.column.name",
                        "maybe",
                        "table.whitelist",
                        "air"),
                "timestamp.column.name",
                "can be null");
        assertEquals(
                Map.of(),
                faultsOf(
                        "mode",
                        "timestamp",
                        "timestamp.column.name",
                        "maybe",
                        "table.whitelist",
                        "air",
                        "validate.non.null",
                        "false"));
    }

    @Test
    void inAViewARowWithNullIsLookedFor() {
        String[] config = {
            "mode",
            "timestamp",
            "timestamp.column.name",
            "maybe",
            "table.whitelist",
            "air_view",
            "table.types",
            "VIEW"
        };
        assertEquals(Map.of(), faultsOf(config));
        file.run("insert into air (at) values ('2026-01-01 00:00:00')");
        assertFault(faultsOf(config), "timestamp.column.name", "air_view has rows without maybe");
    }

    @Test
    void anIdThatIsNoNumberIsRefused() {
        assertFault(
                faultsOf(
                        "mode",
                        "incrementing",
                        "incrementing.column.name",
                        "room",
                        "table.whitelist",
                        "air",
                        "validate.non.null",
                        "false"),
                "incrementing.column.name",
                "room of air is no whole number");
    }

    @Test
    void aTimeThatIsNoTimestampIsRefused() {
        assertFault(
                faultsOf(
                        "mode",
                        "timestamp",
                        "timestamp.column.name",
                        "room",
                        "table.whitelist",
                        "air"),
                "timestamp.column.name",
                "room of air is no timestamp");
    }

    @Test
    void theModeNeedsItsColumn() {
        assertFault(
                faultsOf("mode", "timestamp"),
                "timestamp.column.name",
                "needs the name of a column");
    }

    @Test
    void aQueryThatIsNoneIsToldAtTheQuery() {
        assertFault(
                faultsOf("mode", "incrementing", "query", "select from where"),
                "query",
                "syntax error");
    }

    @Test
    void aQueryAndTablesExcludeEachOther() {
        assertFault(
                faultsOf("mode", "bulk", "query", "select 1", "table.whitelist", "air"),
                "query",
                "not both");
    }

    @Test
    void aDatabaseThatIsNotThereIsToldAtTheAddress() {
        Map<String, String> config = file.config("mode", "bulk");
        config.put(Settings.URL, "jdbc:sqlite:" + folder.resolve("attic.db"));
        assertFault(faults(config), "connection.url", "there is no file");
    }

    @Test
    void aServerThatDoesNotAnswerIsToldAtTheAddressWithoutThePassword() {
        Map<String, String> config =
                file.config(
                        "mode", "bulk", Settings.USER, "a", Settings.PASSWORD_NAME, "swordfish");
        config.put(Settings.URL, "jdbc:postgresql://127.0.0.1:1/hall");
        Map<String, List<String>> faults = faults(config);
        assertFault(faults, "connection.url", "refused");
        assertTrue(!faults.toString().contains("swordfish"), faults.toString());
    }

    @Test
    void wrongWordsAreToldAtTheirFields() {
        Map<String, List<String>> faults =
                faultsOf(
                        "mode",
                        "timestmap",
                        "db.timezone",
                        "Asia/Soul",
                        "timestamp.column.name",
                        "a,b",
                        "numeric.mapping",
                        "best");
        assertTrue(
                faults.get("mode").get(0).contains("did you mean \"timestamp\"?"),
                faults.toString());
        assertTrue(
                faults.get("db.timezone").get(0).contains("did you mean \"Asia/Seoul\"?"),
                faults.toString());
        assertTrue(
                faults.get("timestamp.column.name").get(0).contains("one column"),
                faults.toString());
        assertTrue(
                faults.get("numeric.mapping").get(0).contains("no such choice"), faults.toString());
    }
}
