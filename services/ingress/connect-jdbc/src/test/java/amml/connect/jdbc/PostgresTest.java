package amml.connect.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

@Tag("postgres")
@EnabledIfEnvironmentVariable(named = "AMML_TEST_POSTGRES", matches = ".+")
class PostgresTest extends OverlapRules {
    PostgresTest() {
        super("AMML_TEST_POSTGRES", "id bigserial primary key, co2 int not null, at timestamptz not null default now()");
    }

    private Worker asUser(Mode mode) throws Exception {
        server.run(
                "do $$ begin create role amml_reader login password 'reader'; exception when duplicate_object then end $$",
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
            assertEquals(List.of(), worker.during(POLLS));
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
            assertEquals(List.of(), worker.during(POLLS));
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
            assertEquals(List.of(), worker.during(POLLS));
            Server.execute(early, "insert into air (id, co2) values (1, 1)");
            early.commit();
            assertEquals(List.of(1, 2), Worker.column(worker.records(2), "co2"));
        }
    }

    @Test
    void aTransactionOfAnotherDatabaseIsNotWaitedFor() throws Exception {
        Server other = new Server(server.url().replaceFirst("/[^/]*$", "/template1"), server.user(), server.password());
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
            server.run("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'amml-connect-jdbc'");
            begin("insert into air (co2) values (2)").commit();
            assertEquals(List.of(2), Worker.column(worker.records(1), "co2"));
        }
    }

    @Test
    void microsecondsArePartOfThePosition() throws Exception {
        server.run("insert into air (co2, at) values (1, '2026-01-01 00:00:00.000001Z'), (2, '2026-01-01 00:00:00.000002Z')");
        Map<String, String> config = config(Mode.TIMESTAMP);
        config.put("batch.max.rows", "1");
        Map<Object, Map<String, ?>> kept = new java.util.HashMap<>();
        try (Worker worker = Worker.of(config, kept)) {
            assertEquals(List.of(1), Worker.column(worker.batch(), "co2"));
            assertEquals(Map.of("timestamp", "2026-01-01T00:00:00.000001"), kept.get(Map.of("table", "public.air")));
        }
        try (Worker worker = Worker.of(config, kept)) {
            assertEquals(List.of(2), Worker.column(worker.batch(), "co2"));
        }
    }

    @Test
    void theConfigurationOfTheSlidesIsTakenAsItStands() throws Exception {
        server.run("drop view if exists sensor_data_view",
                "create view sensor_data_view as select id, co2 as input_data, at as event_time from air",
                "insert into air (co2) values (7)");
        Map<String, String> config = server.config(
                "connector.class", "io.confluent.connect.jdbc.JdbcSourceConnector", "mode", "timestamp",
                "timestamp.column.name", "event_time", "table.whitelist", "SENSOR_DATA_VIEW", "table.types", "VIEW");
        var faults = new JdbcSourceConnector().validate(config).configValues().stream()
                .flatMap(field -> field.errorMessages().stream()).toList();
        assertEquals(List.of(), faults);
        try (Worker worker = Worker.of(config)) {
            var record = worker.records(1).get(0);
            assertEquals("hall.SENSOR_DATA_VIEW", record.topic());
            assertTrue(record.valueSchema().field("event_time").schema().isOptional());
        } finally {
            server.run("drop view sensor_data_view");
        }
    }
}
