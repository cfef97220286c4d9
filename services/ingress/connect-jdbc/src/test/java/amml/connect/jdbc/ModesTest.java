package amml.connect.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

class ModesTest {
    private static final String TABLE =
            "create table air (id integer primary key autoincrement, co2 int not null, at timestamp"
                    + " not null)";

    @TempDir Path folder;
    private SqliteFile file;

    @BeforeEach
    void makeTable() {
        file = SqliteFile.in(folder).run(TABLE);
    }

    private void insert(int co2, String at) {
        file.run("insert into air (co2, at) values (" + co2 + ", '" + at + "')");
    }

    @Test
    void incrementingReadsEachRowOnceAndGoesOnWithNewOnes() throws Exception {
        insert(1, "2026-01-01 00:00:00");
        insert(2, "2026-01-01 00:00:00");
        try (Worker worker =
                Worker.of(file.config("mode", "incrementing", "incrementing.column.name", "id"))) {
            assertEquals(List.of(1L, 2L), Worker.column(worker.records(2), "co2"));
            insert(3, "2026-01-01 00:00:00");
            assertEquals(List.of(3L), Worker.column(worker.records(1), "co2"));
            assertEquals(List.of(), worker.during(10));
        }
    }

    @Test
    void aNewTaskGoesOnAtTheKeptPosition() throws Exception {
        Map<String, String> config = file.config("mode", "incrementing");
        Map<Object, Map<String, ?>> kept = new HashMap<>();
        insert(1, "2026-01-01 00:00:00");
        try (Worker worker = Worker.of(config, kept)) {
            worker.records(1);
        }
        insert(2, "2026-01-01 00:00:00");
        try (Worker worker = Worker.of(config, kept)) {
            assertEquals(List.of(2L), Worker.column(worker.records(1), "co2"));
        }
    }

    @Test
    void timestampReadsChangedRowsAgain() throws Exception {
        insert(1, "2026-01-01 00:00:00");
        insert(2, "2026-01-01 00:00:01");
        try (Worker worker =
                Worker.of(file.config("mode", "timestamp", "timestamp.column.name", "at"))) {
            assertEquals(List.of(1L, 2L), Worker.column(worker.records(2), "co2"));
            file.run("update air set co2 = 9, at = '2026-01-01 00:00:02' where co2 = 1");
            assertEquals(List.of(9L), Worker.column(worker.records(1), "co2"));
            assertEquals(List.of(), worker.during(10));
        }
    }

    @Test
    void rowsOfOneTimestampAreNeverParted() throws Exception {
        for (int i = 1; i <= 3; i++) {
            insert(i, "2026-01-01 00:00:00");
        }
        insert(4, "2026-01-01 00:00:01");
        Map<String, String> config =
                file.config(
                        "mode", "timestamp", "timestamp.column.name", "at", "batch.max.rows", "2");
        try (Worker worker = Worker.of(config)) {
            assertEquals(List.of(1L, 2L, 3L), Worker.column(worker.batch(), "co2"));
            assertEquals(List.of(4L), Worker.column(worker.batch(), "co2"));
        }
    }

    @Test
    void afterAnyRecordAWorkerWithoutExactlyOnceLosesNothing() throws Exception {
        for (int i = 1; i <= 6; i++) {
            insert(i, "2026-01-01 00:00:0" + i / 3);
        }
        Map<String, String> config =
                file.config("mode", "timestamp", "timestamp.column.name", "at");
        List<SourceRecord> all;
        try (Worker worker = Worker.of(config)) {
            all = worker.records(6);
        }
        for (int crash = 0; crash < 6; crash++) {
            Map<Object, Map<String, ?>> kept = new HashMap<>();
            kept.put(all.get(crash).sourcePartition(), all.get(crash).sourceOffset());
            Set<Object> seen =
                    all.subList(0, crash + 1).stream()
                            .map(each -> Worker.column(List.of(each), "co2").get(0))
                            .collect(Collectors.toSet());
            try (Worker worker = Worker.of(config, kept)) {
                seen.addAll(Worker.column(worker.during(10), "co2"));
            }
            assertEquals(Set.of(1L, 2L, 3L, 4L, 5L, 6L), seen, "after record " + crash);
        }
    }

    @Test
    void timestampAndIdTellRowsOfOneTimestampApart() throws Exception {
        for (int i = 1; i <= 5; i++) {
            insert(i, "2026-01-01 00:00:00");
        }
        Map<String, String> config =
                file.config(
                        "mode",
                        "timestamp+incrementing",
                        "timestamp.column.name",
                        "at",
                        "incrementing.column.name",
                        "id",
                        "batch.max.rows",
                        "2");
        Map<Object, Map<String, ?>> kept = new HashMap<>();
        try (Worker worker = Worker.of(config, kept)) {
            assertEquals(List.of(1L, 2L), Worker.column(worker.batch(), "co2"));
        }
        try (Worker worker = Worker.of(config, kept)) {
            assertEquals(List.of(3L, 4L, 5L), Worker.column(worker.records(3), "co2"));
        }
        assertEquals(
                Map.of("timestamp", "2026-01-01 00:00:00", "incrementing", 5L),
                kept.get(Map.of("table", "air")));
    }

    @Test
    void bulkReadsEverythingEachTimeAndKeepsNoPosition() throws Exception {
        insert(1, "2026-01-01 00:00:00");
        insert(2, "2026-01-01 00:00:00");
        try (Worker worker = Worker.of(file.config("mode", "bulk", "batch.max.rows", "1"))) {
            List<SourceRecord> records = worker.records(4);
            assertEquals(List.of(1L, 2L, 1L, 2L), Worker.column(records, "co2"));
            assertEquals(null, records.get(0).sourceOffset());
        }
    }

    @Test
    void rowsOfTheFutureAndOfTheRunningSecondWait() throws Exception {
        file.run(
                "insert into air (co2, at) values (1, datetime('now', '+1 hour')), (2,"
                        + " datetime('now', '-5 seconds'))");
        try (Worker worker =
                Worker.of(file.config("mode", "timestamp", "timestamp.column.name", "at"))) {
            assertEquals(List.of(2L), Worker.column(worker.during(10), "co2"));
            file.run("insert into air (co2, at) values (3, current_timestamp)");
            assertEquals(List.of(3L), Worker.column(worker.records(1), "co2"));
        }
    }

    @Test
    void whoWroteLocalTimesIsToldOnce() throws Exception {
        file.run("insert into air (co2, at) values (1, datetime('now', '+9 hours'))");
        Map<String, String> config =
                file.config("mode", "timestamp", "timestamp.column.name", "at");
        try (Worker worker = Worker.of(config)) {
            String words = Log.of(() -> worker.during(10));
            assertTrue(words.contains("set db.timezone"), words);
            assertEquals(2, words.split("set db.timezone", -1).length, words);
        }
    }

    @Test
    void aDelayLeavesYoungRowsForLater() throws Exception {
        file.run(
                "insert into air (co2, at) values (1, datetime('now', '-5 seconds')), (2,"
                        + " datetime('now', '-2 minutes'))");
        Map<String, String> config =
                file.config(
                        "mode",
                        "timestamp",
                        "timestamp.column.name",
                        "at",
                        "timestamp.delay.interval.ms",
                        "60000");
        try (Worker worker = Worker.of(config)) {
            assertEquals(List.of(2L), Worker.column(worker.during(10), "co2"));
        }
    }

    @Test
    void aFirstTimestampCanBeNamed() throws Exception {
        insert(1, "2026-01-01 00:00:00");
        insert(2, "2026-01-02 00:00:00");
        Map<String, String> config =
                file.config(
                        "mode",
                        "timestamp",
                        "timestamp.column.name",
                        "at",
                        "timestamp.initial",
                        "1767312000000");
        try (Worker worker = Worker.of(config)) {
            assertEquals(List.of(2L), Worker.column(worker.during(10), "co2"));
        }
    }

    @Test
    void timesZonesAreThoseOfTheSettings() throws Exception {
        insert(1, "2026-01-01 09:00:00");
        Map<String, String> config =
                file.config(
                        "mode",
                        "timestamp",
                        "timestamp.column.name",
                        "at",
                        "db.timezone",
                        "Asia/Seoul");
        try (Worker worker = Worker.of(config)) {
            assertEquals(
                    List.of(java.util.Date.from(java.time.Instant.parse("2026-01-01T00:00:00Z"))),
                    Worker.column(worker.records(1), "at"));
        }
    }

    @Test
    void aQueryIsReadLikeATable() throws Exception {
        insert(1, "2026-01-01 00:00:00");
        insert(2, "2026-01-01 00:00:00");
        Map<String, String> config =
                file.config(
                        "mode",
                        "incrementing",
                        "incrementing.column.name",
                        "id",
                        "query",
                        "select id, co2 * 10 as ppm from air where co2 > 1 -- the rest is noise\n"
                                + ";");
        try (Worker worker = Worker.of(config)) {
            List<SourceRecord> records = worker.during(10);
            assertEquals(List.of(20L), Worker.column(records, "ppm"));
            assertEquals("hall.", records.get(0).topic());
            insert(3, "2026-01-01 00:00:00");
            assertEquals(List.of(30L), Worker.column(worker.records(1), "ppm"));
        }
    }

    @Test
    void theTopicIsCalledAsTheUserWroteIt() throws Exception {
        file.run("create view sensor_data_view as select * from air");
        insert(1, "2026-01-01 00:00:00");
        Map<String, String> config =
                file.config(
                        "mode",
                        "timestamp",
                        "timestamp.column.name",
                        "AT",
                        "table.whitelist",
                        "SENSOR_DATA_VIEW",
                        "table.types",
                        "VIEW");
        try (Worker worker = Worker.of(config)) {
            assertEquals("hall.SENSOR_DATA_VIEW", worker.records(1).get(0).topic());
        }
    }

    @Test
    void severalTablesTakeTurns() throws Exception {
        file.run(
                "create table water (id integer primary key autoincrement, litres int)",
                "insert into water values (1, 7)");
        insert(1, "2026-01-01 00:00:00");
        try (Worker worker = Worker.of(file.config("mode", "incrementing"))) {
            Set<String> topics =
                    worker.records(2).stream().map(SourceRecord::topic).collect(Collectors.toSet());
            assertEquals(Set.of("hall.air", "hall.water"), topics);
            file.run("insert into water values (2, 8)");
            assertTrue(worker.records(1).get(0).topic().endsWith("water"));
        }
    }
}
