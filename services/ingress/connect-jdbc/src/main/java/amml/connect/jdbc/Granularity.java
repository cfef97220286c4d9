package amml.connect.jdbc;

import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Timestamp;

import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;

/** What becomes of a timestamp, in Confluent's words. */
enum Granularity {
    CONNECT_LOGICAL(Timestamp::builder, Date::from),
    MICROS_LONG(SchemaBuilder::int64, Granularity::micros),
    MICROS_STRING(SchemaBuilder::string, moment -> String.valueOf(micros(moment))),
    MICROS_ISO_DATETIME_STRING(SchemaBuilder::string, iso(6)),
    NANOS_LONG(SchemaBuilder::int64, Granularity::nanos),
    NANOS_STRING(SchemaBuilder::string, moment -> String.valueOf(nanos(moment))),
    NANOS_ISO_DATETIME_STRING(SchemaBuilder::string, iso(9));

    final Supplier<SchemaBuilder> schema;
    final Function<Instant, Object> value;

    Granularity(Supplier<SchemaBuilder> schema, Function<Instant, Object> value) {
        this.schema = schema;
        this.value = value;
    }

    static List<String> words() {
        return Arrays.stream(values()).map(each -> each.name().toLowerCase(Locale.ROOT)).toList();
    }

    static Granularity of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }

    private static long micros(Instant moment) {
        return Math.addExact(
                Math.multiplyExact(moment.getEpochSecond(), 1_000_000L), moment.getNano() / 1_000);
    }

    private static long nanos(Instant moment) {
        return Math.addExact(
                Math.multiplyExact(moment.getEpochSecond(), 1_000_000_000L), moment.getNano());
    }

    private static Function<Instant, Object> iso(int digits) {
        DateTimeFormatter format =
                new DateTimeFormatterBuilder().appendInstant(digits).toFormatter(Locale.ROOT);
        return format::format;
    }
}
