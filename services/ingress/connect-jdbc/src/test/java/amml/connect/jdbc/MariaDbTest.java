package amml.connect.jdbc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.apache.kafka.connect.data.Struct;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;

@Tag("mariadb")
@EnabledIfEnvironmentVariable(named = "AMML_TEST_MARIADB", matches = ".+")
class MariaDbTest extends OverlapRules {
    MariaDbTest() {
        super(
                "AMML_TEST_MARIADB",
                "id bigint auto_increment primary key, co2 int not null, at timestamp(6) not null"
                        + " default now(6)",
                "alter table air add room text first");
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
        server.run(
                "create or replace user reader@'127.0.0.1' identified by 'reader'",
                "grant select on hall.* to reader@'127.0.0.1'");
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
        config.put(
                Settings.URL,
                server.url().replace("jdbc:mariadb:", "jdbc:mysql:")
                        + "?useSSL=false&serverTimezone=UTC");
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
        server.run(
                "create or replace view sensor_data_view as select id, co2 as input_data, at as"
                        + " event_time from air");
        begin("insert into air (co2) values (7)").commit();
        Map<String, String> config =
                server.config(
                        "mode",
                        "timestamp",
                        "timestamp.column.name",
                        "EVENT_TIME",
                        "table.whitelist",
                        "SENSOR_DATA_VIEW",
                        "table.types",
                        "VIEW");
        try (Worker worker = Worker.of(config)) {
            assertEquals("hall.SENSOR_DATA_VIEW", worker.records(1).get(0).topic());
        } finally {
            server.run("drop view sensor_data_view");
        }
    }

    @Test
    void itsTypesBecomeThoseOfConnect() throws Exception {
        server.run(
                "drop table if exists kinds",
                "create table kinds (a tinyint, b smallint unsigned, c int unsigned, d bigint, e"
                        + " float, f double, g decimal(9, 2), h boolean, i text, j varbinary(9), k"
                        + " blob, l date, m time(3), n datetime(3), o timestamp(3) null, p json, q"
                        + " uuid, r year, s enum('x', 'y'), t bit(9))",
                "insert into kinds values (-1, 65535, 4294967295, 3, 1.5, 2.5, 12.34, true, 'x',"
                    + " x'0102', x'03', '2026-01-02', '03:04:05.678', '2026-01-02 03:04:05.678',"
                    + " null, '{\"a\": 1}', '00000000-0000-0000-0000-000000000001', 2026, 'y',"
                    + " b'100000001')",
                "set time_zone = '+09:00'",
                "update kinds set o = '2026-01-02 12:04:05.678'");
        Struct row;
        try (Worker worker = Worker.of(server.config("mode", "bulk", "table.whitelist", "kinds"))) {
            row = (Struct) worker.records(1).get(0).value();
        }
        Date moment = Date.from(Instant.parse("2026-01-02T03:04:05.678Z"));
        assertEquals((byte) -1, row.get("a"));
        assertEquals(65535, row.get("b"));
        assertEquals(4294967295L, row.get("c"));
        assertEquals(3L, row.get("d"));
        assertEquals(1.5f, row.get("e"));
        assertEquals(2.5, row.get("f"));
        assertEquals(new BigDecimal("12.34"), row.get("g"));
        assertEquals(true, row.get("h"));
        assertEquals("x", row.get("i"));
        assertArrayEquals(new byte[] {1, 2}, row.getBytes("j"));
        assertArrayEquals(new byte[] {3}, row.getBytes("k"));
        assertEquals(Date.from(Instant.parse("2026-01-02T00:00:00Z")), row.get("l"));
        assertEquals(Date.from(Instant.parse("1970-01-01T03:04:05.678Z")), row.get("m"));
        assertEquals(moment, row.get("n"));
        assertEquals(moment, row.get("o"));
        assertEquals("{\"a\": 1}", row.get("p"));
        assertEquals("00000000-0000-0000-0000-000000000001", row.get("q"));
        assertEquals(2026, ((Number) row.get("r")).intValue());
        assertEquals("y", row.get("s"));
        assertArrayEquals(new byte[] {1, 1}, row.getBytes("t"));
    }
}
