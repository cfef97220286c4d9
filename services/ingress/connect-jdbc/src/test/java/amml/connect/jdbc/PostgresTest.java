package amml.connect.jdbc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.data.Struct;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

@Tag("postgres")
@EnabledIfEnvironmentVariable(named = "AMML_TEST_POSTGRES", matches = ".+")
class PostgresTest extends OverlapRules {
    PostgresTest() {
        super(
                "AMML_TEST_POSTGRES",
                "id bigserial primary key, co2 int not null, at timestamptz not null default"
                        + " now()",
                "alter table air add room text");
    }

    private Worker asUser(Mode mode) throws Exception {
        server.run(
                "do $$ begin create role amml_reader login password 'reader'; exception when"
                        + " duplicate_object then end $$",
                "grant select on air to amml_reader");
        Map<String, String> config = config(mode);
        config.put(Settings.USER, "amml_reader");
        config.put(Settings.PASSWORD_NAME, "reader");
        return Worker.of(config);
    }

    @Test
    void aUserWithoutPrivilegesSeesWhoWrites() throws Exception {
        try (Worker worker = asUser(Mode.TIMESTAMP)) {
            var earlier = begin("insert into air (co2) values (1)");
            begin("insert into air (co2) values (2)").commit();
            assertEquals(List.of(), worker.meanwhile());
            earlier.commit();
            assertEquals(List.of(1, 2), Worker.column(worker.records(2), "co2"));
        }
    }

    @Test
    void byIdWhoOnlyReadsIsNotWaitedFor() throws Exception {
        begin("select count(*) from air");
        begin("insert into air (co2) values (1)").commit();
        try (Worker worker = Worker.of(config(Mode.INCREMENTING))) {
            assertEquals(1, worker.records(1).size());
        }
    }

    @Test
    void byTimeWhoHasOnlyReadYetIsWaitedFor() throws Exception {
        var early = begin("select count(*) from air"); // its now() is fixed
        Thread.sleep(5);
        begin("insert into air (co2) values (2)").commit();
        try (Worker worker = Worker.of(config(Mode.TIMESTAMP))) {
            assertEquals(List.of(), worker.meanwhile());
            Server.execute(early, "insert into air (co2) values (1)");
            early.commit();
            assertEquals(List.of(1, 2), Worker.column(worker.records(2), "co2"));
        }
    }

    @Test
    void anIdTakenBeforeTheInsertIsWaitedFor() throws Exception {
        var early = begin("select nextval('air_id_seq')");
        begin("insert into air (co2) values (2)").commit();
        try (Worker worker = Worker.of(config(Mode.INCREMENTING))) {
            assertEquals(List.of(), worker.meanwhile());
            Server.execute(early, "insert into air (id, co2) values (1, 1)");
            early.commit();
            assertEquals(List.of(1, 2), Worker.column(worker.records(2), "co2"));
        }
    }

    @Test
    void aTransactionOfAnotherDatabaseIsNotWaitedFor() throws Exception {
        Server other =
                new Server(
                        server.url().replaceFirst("/[^/]*$", "/template1"),
                        server.user(),
                        server.password());
        try (var elsewhere = other.writer()) {
            Server.execute(elsewhere, "create temporary table x (a int)");
            begin("insert into air (co2) values (1)").commit();
            try (Worker worker = Worker.of(config(Mode.TIMESTAMP))) {
                assertEquals(1, worker.records(1).size());
            }
        }
    }

    @Test
    void aLostConnectionIsMadeAnewAndNoRowIsMissed() throws Exception {
        try (Worker worker = Worker.of(config(Mode.INCREMENTING))) {
            begin("insert into air (co2) values (1)").commit();
            worker.records(1);
            server.run(
                    "select pg_terminate_backend(pid) from pg_stat_activity where application_name"
                            + " = 'amml-connect-jdbc'");
            begin("insert into air (co2) values (2)").commit();
            assertEquals(List.of(2), Worker.column(worker.records(1), "co2"));
        }
    }

    @Test
    void microsecondsArePartOfThePosition() throws Exception {
        server.run(
                "insert into air (co2, at) values (1, '2026-01-01 00:00:00.000001Z'), (2,"
                        + " '2026-01-01 00:00:00.000002Z')");
        Map<String, String> config = config(Mode.TIMESTAMP);
        config.put("batch.max.rows", "1");
        Map<Object, Map<String, ?>> kept = new java.util.HashMap<>();
        try (Worker worker = Worker.of(config, kept)) {
            assertEquals(List.of(1), Worker.column(worker.batch(), "co2"));
            assertEquals(
                    Map.of("timestamp", "2026-01-01T00:00:00.000001"),
                    kept.get(Map.of("table", "public.air")));
        }
        try (Worker worker = Worker.of(config, kept)) {
            assertEquals(List.of(2), Worker.column(worker.batch(), "co2"));
        }
    }

    @Test
    void theConfigurationOfTheSlidesIsTakenAsItStands() throws Exception {
        server.run(
                "drop view if exists sensor_data_view",
                "create view sensor_data_view as select id, co2 as input_data, at as event_time"
                        + " from air",
                "insert into air (co2) values (7)");
        Map<String, String> config =
                server.config(
                        "connector.class",
                        "io.confluent.connect.jdbc.JdbcSourceConnector",
                        "mode",
                        "timestamp",
                        "timestamp.column.name",
                        "event_time",
                        "table.whitelist",
                        "SENSOR_DATA_VIEW",
                        "table.types",
                        "VIEW");
        var faults =
                new JdbcSourceConnector()
                        .validate(config).configValues().stream()
                                .flatMap(field -> field.errorMessages().stream())
                                .toList();
        assertEquals(List.of(), faults);
        try (Worker worker = Worker.of(config)) {
            var record = worker.records(1).get(0);
            assertEquals("hall.SENSOR_DATA_VIEW", record.topic());
            assertTrue(record.valueSchema().field("event_time").schema().isOptional());
        } finally {
            server.run("drop view sensor_data_view");
        }
    }

    private Struct row(String columns, String values, String... pairs) throws Exception {
        server.run(
                "drop table if exists kinds",
                "create table kinds (" + columns + ")",
                "insert into kinds values (" + values + ")");
        Map<String, String> config = server.config(pairs);
        config.put("mode", "bulk");
        config.put("table.whitelist", "kinds");
        try (Worker worker = Worker.of(config)) {
            return (Struct) worker.records(1).get(0).value();
        } finally {
            server.run("drop table kinds");
        }
    }

    @Test
    void itsTypesBecomeThoseOfConnect() throws Exception {
        Struct row =
                row(
                        "a smallint not null, b int, c bigint, d real, e double precision, f"
                            + " numeric(9, 2), g numeric, h boolean, i text, j varchar(9), k bytea,"
                            + " l date, m time, n timestamp, o timestamptz, p uuid, q jsonb, r"
                            + " int[], s bit(3), t timetz, u numeric(9, 0)",
                        "1, 2, 3, 1.5, 2.5, 12.34, 0.1, true, 'x', 'y', '\\x0102', '2026-01-02',"
                            + " '03:04:05.678', '2026-01-02 03:04:05.678', '2026-01-02"
                            + " 12:04:05.678+09', '00000000-0000-0000-0000-000000000001', '{\"a\":"
                            + " 1}', '{1,2}', b'101', '03:04:05+09', 7");
        Date moment = Date.from(Instant.parse("2026-01-02T03:04:05.678Z"));
        assertEquals((short) 1, row.get("a"));
        assertEquals(2, row.get("b"));
        assertEquals(3L, row.get("c"));
        assertEquals(1.5f, row.get("d"));
        assertEquals(2.5, row.get("e"));
        assertEquals(new BigDecimal("12.34"), row.get("f"));
        assertEquals(0, new BigDecimal("0.1").compareTo((BigDecimal) row.get("g")));
        assertEquals(true, row.get("h"));
        assertEquals("x", row.get("i"));
        assertEquals("y", row.get("j"));
        assertArrayEquals(new byte[] {1, 2}, row.getBytes("k"));
        assertEquals(Date.from(Instant.parse("2026-01-02T00:00:00Z")), row.get("l"));
        assertEquals(Date.from(Instant.parse("1970-01-01T03:04:05.678Z")), row.get("m"));
        assertEquals(moment, row.get("n"));
        assertEquals(moment, row.get("o"));
        assertEquals("00000000-0000-0000-0000-000000000001", row.get("p"));
        assertEquals("{\"a\": 1}", row.get("q"));
        assertEquals("{1,2}", row.get("r"));
        assertEquals("101", row.get("s"));
        assertEquals("03:04:05+09", row.get("t"));
        assertEquals(new BigDecimal("7"), row.get("u"));
        assertFalse(row.schema().field("a").schema().isOptional());
        assertTrue(row.schema().field("b").schema().isOptional());
    }

    @Test
    void timesWithoutAZoneAreThoseOfTheSettingsAndNumbersTooIfWanted() throws Exception {
        Struct row =
                row(
                        "at timestamp, zoned timestamptz, x numeric(9, 2), n numeric",
                        "'2026-01-01 09:00', '2026-01-01 09:00+09', 12.34, 0.1",
                        "db.timezone",
                        "Asia/Seoul",
                        "numeric.mapping",
                        "best_fit");
        assertEquals(Date.from(Instant.parse("2026-01-01T00:00:00Z")), row.get("at"));
        assertEquals(row.get("at"), row.get("zoned"));
        assertEquals(12.34, row.get("x"));
        assertEquals(0.1, row.get("n"));
    }

    @Test
    void faultsAreToldAtTheirFields() throws Exception {
        server.run(
                "drop schema if exists attic cascade",
                "create schema attic",
                "create table attic.dust (x int)",
                "create table attic.air (x int)");
        Map<String, String> config =
                server.config("mode", "bulk", "table.whitelist", "dust,air,attic.air,watr");
        assertEquals(
                Map.of("table.whitelist", List.of("there is no table watr; did you mean \"air\"?")),
                faults(config));
        config.put(Settings.PASSWORD_NAME, "swordfish");
        assertEquals(List.of("connection.user"), List.copyOf(faults(config).keySet()));
        server.run("drop schema attic cascade");
    }

    private static Map<String, List<String>> faults(Map<String, String> config) {
        return new JdbcSourceConnector()
                .validate(config).configValues().stream()
                        .filter(field -> !field.errorMessages().isEmpty())
                        .collect(Collectors.toMap(ConfigValue::name, ConfigValue::errorMessages));
    }
}
