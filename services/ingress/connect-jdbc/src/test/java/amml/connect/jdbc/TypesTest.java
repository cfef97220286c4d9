package amml.connect.jdbc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Timestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.Map;

class TypesTest {
    @TempDir Path folder;

    private Struct row(String columns, String values, String... pairs) throws Exception {
        SqliteFile file =
                SqliteFile.in(folder)
                        .run(
                                "create table air (" + columns + ")",
                                "insert into air values (" + values + ")");
        try (Worker worker = Worker.of(file.config(pairs))) {
            return (Struct) worker.records(1).get(0).value();
        }
    }

    @Test
    void columnsKeepTheirTypesAndWhetherTheyCanBeNull() throws Exception {
        Struct row =
                row(
                        "a integer not null, b double, c text, d blob, e timestamp, f boolean",
                        "1, 2.5, 'x', x'0102', '2026-01-01 00:00:00.250', 1",
                        "mode",
                        "bulk");
        assertEquals(1L, row.get("a"));
        assertEquals(2.5, row.get("b"));
        assertEquals("x", row.get("c"));
        assertArrayEquals(new byte[] {1, 2}, row.getBytes("d"));
        assertEquals(Date.from(Instant.parse("2026-01-01T00:00:00.250Z")), row.get("e"));
        assertEquals(true, row.get("f"));
        assertFalse(row.schema().field("a").schema().isOptional());
        assertTrue(row.schema().field("b").schema().isOptional());
        assertEquals(Timestamp.LOGICAL_NAME, row.schema().field("e").schema().name());
        assertEquals("air", row.schema().name());
    }

    @Test
    void nullStaysNull() throws Exception {
        Struct row =
                row(
                        "a integer, b double, c text, d blob, e timestamp, f boolean, g numeric(4,"
                                + " 1)",
                        "null, null, null, null, null, null, null",
                        "mode",
                        "bulk");
        row.schema().fields().forEach(field -> assertEquals(null, row.get(field), field.name()));
    }

    @Test
    void millisecondsSince1970AreATimestampToo() throws Exception {
        Struct row =
                row(
                        "at timestamp not null",
                        "1767225600250",
                        "mode",
                        "timestamp",
                        "timestamp.column.name",
                        "at");
        assertEquals(Date.from(Instant.parse("2026-01-01T00:00:00.250Z")), row.get("at"));
    }

    @Test
    void aFinerGranularityKeepsWhatATimestampOfConnectCannot() throws Exception {
        Struct row =
                row(
                        "at timestamp not null",
                        "'2026-01-01 00:00:00.123456'",
                        "mode",
                        "bulk",
                        "timestamp.granularity",
                        "micros_iso_datetime_string");
        assertEquals("2026-01-01T00:00:00.123456Z", row.get("at"));
        assertEquals(Schema.Type.STRING, row.schema().field("at").schema().type());
    }

    @Test
    void eachGranularityHasItsForm() {
        Instant moment = Instant.parse("2026-01-01T00:00:00.123456789Z");
        assertEquals(1767225600123456L, Granularity.MICROS_LONG.value.apply(moment));
        assertEquals("1767225600123456", Granularity.MICROS_STRING.value.apply(moment));
        assertEquals(1767225600123456789L, Granularity.NANOS_LONG.value.apply(moment));
        assertEquals(
                "2026-01-01T00:00:00.123456789Z",
                Granularity.NANOS_ISO_DATETIME_STRING.value.apply(moment));
    }

    @Test
    void numbersBecomeWhatTheMappingSays() {
        Map<Numbers, String> expected =
                Map.of(
                        Numbers.NONE,
                        "ddddd",
                        Numbers.PRECISION_ONLY,
                        "idddd",
                        Numbers.BEST_FIT,
                        "iffdd",
                        Numbers.BEST_FIT_EAGER_DOUBLE,
                        "iffff");
        int[][] numbers = {{9, 0}, {9, 2}, {0, 0}, {30, 0}, {30, 2}};
        expected.forEach(
                (mapping, letters) -> {
                    StringBuilder found = new StringBuilder();
                    for (int[] each : numbers) {
                        found.append(
                                mapping.isInteger(each[0], each[1])
                                        ? 'i'
                                        : mapping.isDouble(each[0], each[1]) ? 'f' : 'd');
                    }
                    assertEquals(letters, found.toString(), mapping.name());
                });
    }
}
