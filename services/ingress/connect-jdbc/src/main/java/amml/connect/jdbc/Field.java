package amml.connect.jdbc;

import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Time;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.Date;

/** What a column of a result becomes in a record: its schema, and how a value is read. */
record Field(SchemaBuilder schema, Reader reader) {
    /** Reads a column of the current row; null where {@link ResultSet#wasNull} says so. */
    interface Reader {
        Object read(ResultSet rows, int index) throws SQLException;
    }

    /** NUMERIC without limits: as many digits after the point as Confluent's connector keeps. */
    private static final int UNLIMITED_SCALE = 127;

    static Field of(ResultSetMetaData columns, int i, Dialect dialect, Settings settings)
            throws SQLException {
        boolean signed = columns.isSigned(i);
        return switch (dialect.type(columns, i)) {
            case Types.BOOLEAN, Types.BIT -> new Field(SchemaBuilder.bool(), ResultSet::getBoolean);
            case Types.TINYINT ->
                    signed ? new Field(SchemaBuilder.int8(), ResultSet::getByte) : int16();
            case Types.SMALLINT -> signed ? int16() : int32();
            case Types.INTEGER -> signed ? int32() : int64();
            case Types.BIGINT -> int64();
            case Types.REAL -> new Field(SchemaBuilder.float32(), ResultSet::getFloat);
            case Types.FLOAT, Types.DOUBLE -> float64();
            case Types.NUMERIC, Types.DECIMAL -> number(columns, i, settings.numbers());
            case Types.DATE -> new Field(org.apache.kafka.connect.data.Date.builder(), Field::date);
            case Types.TIME -> new Field(Time.builder(), Field::time);
            case Types.TIMESTAMP, Types.TIMESTAMP_WITH_TIMEZONE ->
                    timestamp(dialect.time(columns, i, settings.zone()), settings.granularity());
            case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY, Types.BLOB ->
                    new Field(SchemaBuilder.bytes(), ResultSet::getBytes);
            // Text, and what Connect has no type for: arrays, JSON, UUIDs and the like.
            default -> new Field(SchemaBuilder.string(), ResultSet::getString);
        };
    }

    private static Field int16() {
        return new Field(SchemaBuilder.int16(), ResultSet::getShort);
    }

    private static Field int32() {
        return new Field(SchemaBuilder.int32(), ResultSet::getInt);
    }

    private static Field int64() {
        return new Field(SchemaBuilder.int64(), ResultSet::getLong);
    }

    private static Field float64() {
        return new Field(SchemaBuilder.float64(), ResultSet::getDouble);
    }

    private static Field number(ResultSetMetaData columns, int i, Numbers mapping)
            throws SQLException {
        int precision = columns.getPrecision(i);
        int scale = columns.getScale(i);
        if (mapping.isInteger(precision, scale)) {
            return int64();
        }
        return mapping.isDouble(precision, scale)
                ? float64()
                : decimal(precision == 0 ? UNLIMITED_SCALE : Math.max(0, scale));
    }

    private static Field decimal(int scale) {
        return new Field(
                Decimal.builder(scale),
                (rows, index) -> {
                    BigDecimal value = rows.getBigDecimal(index);
                    return value == null ? null : value.setScale(scale, RoundingMode.UNNECESSARY);
                });
    }

    private static Field timestamp(TimeColumn column, Granularity granularity) {
        return new Field(
                granularity.schema.get(),
                (rows, index) -> {
                    var moment = column.instant(rows, index);
                    return moment == null ? null : granularity.value.apply(moment);
                });
    }

    private static Object date(ResultSet rows, int index) throws SQLException {
        LocalDate value = rows.getObject(index, LocalDate.class);
        return value == null ? null : Date.from(value.atStartOfDay(ZoneOffset.UTC).toInstant());
    }

    private static Object time(ResultSet rows, int index) throws SQLException {
        LocalTime value = rows.getObject(index, LocalTime.class);
        return value == null ? null : new Date(value.toNanoOfDay() / 1_000_000);
    }
}
