package amml.connect.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

@Tag("mariadb")
@EnabledIfEnvironmentVariable(named = "AMML_TEST_MARIADB", matches = ".+")
class MariaDbTest extends OverlapRules {
    MariaDbTest() {
        super("AMML_TEST_MARIADB",
                "id bigint auto_increment primary key, co2 int not null, at timestamp(6) not null default now(6)");
    }

    @Test
    void aStatementThatStillRunsIsWaitedFor() throws Exception {
        Thread slow = new Thread(() -> quietly("insert into air (co2) values (1 + sleep(2))"));
        slow.start();
        Thread.sleep(500);
        begin("insert into air (co2, at) values (2, now(6))").commit();
        try (Worker worker = Worker.of(config(Mode.TIMESTAMP))) {
            assertEquals(List.of(1, 2), Worker.column(worker.records(2), "co2"));
        }
        slow.join();
    }

    private void quietly(String statement) {
        try {
            server.run(statement);
        } catch (java.sql.SQLException fault) {
            throw new AssertionError(fault);
        }
    }

    @Test
    void withoutTheRightToSeeTransactionsItGoesOn() throws Exception {
        server.run("create or replace user reader@'127.0.0.1' identified by 'reader'", "grant select on hall.* to reader@'127.0.0.1'");
        Map<String, String> config = config(Mode.INCREMENTING);
        config.put(Settings.USER, "reader");
        config.put(Settings.PASSWORD_NAME, "reader");
        begin("insert into air (co2) values (1)").commit();
        try (Worker worker = Worker.of(config)) {
            assertEquals(List.of(1), Worker.column(worker.records(1), "co2"));
        }
    }

    @Test
    void anAddressOfMySqlIsReadByTheSameDriver() throws Exception {
        begin("insert into air (co2) values (1)").commit();
        Map<String, String> config = config(Mode.TIMESTAMP);
        config.put(Settings.URL, server.url().replace("jdbc:mariadb:", "jdbc:mysql:") + "?useSSL=false&serverTimezone=UTC");
        try (Worker worker = Worker.of(config)) {
            assertEquals(List.of(1), Worker.column(worker.records(1), "co2"));
        }
    }

    @Test
    void aRowOfTheRunningSecondWaitsInAColumnOfWholeSeconds() throws Exception {
        server.run("alter table air modify at datetime not null default now()");
        Map<String, String> config = config(Mode.TIMESTAMP);
        for (int i = 0; i < 20; i++) {
            begin("insert into air (co2) values (" + i + ")").commit();
        }
        try (Worker worker = Worker.of(config)) {
            List<Object> read = new java.util.ArrayList<>();
            for (int i = 20; i < 60; i++) {
                begin("insert into air (co2) values (" + i + ")").commit();
                Thread.sleep(30);
                read.addAll(Worker.column(worker.during(1), "co2"));
            }
            read.addAll(Worker.column(worker.records(60 - read.size()), "co2"));
            assertEquals(60, new java.util.HashSet<>(read).size());
        }
    }

    @Test
    void aViewIsFoundWhateverItsCase() throws Exception {
        server.run("create or replace view sensor_data_view as select id, co2 as input_data, at as event_time from air");
        begin("insert into air (co2) values (7)").commit();
        Map<String, String> config = server.config(
                "mode", "timestamp", "timestamp.column.name", "EVENT_TIME",
                "table.whitelist", "SENSOR_DATA_VIEW", "table.types", "VIEW");
        try (Worker worker = Worker.of(config)) {
            assertEquals("hall.SENSOR_DATA_VIEW", worker.records(1).get(0).topic());
        } finally {
            server.run("drop view sensor_data_view");
        }
    }
}
