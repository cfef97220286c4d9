package amml.connect.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * SQLite has no type for time: text as `CURRENT_TIMESTAMP` writes it, with a blank or a T, or
 * milliseconds since 1970. The position is the value as it stands.
 */
record SqliteTime(ZoneId zone) implements TimeColumn {
    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

    @Override
    public Instant instant(ResultSet rows, int index) throws SQLException {
        String value = rows.getString(index);
        if (value == null) {
            return null;
        }
        if (isNumber(value)) {
            return Instant.ofEpochMilli(Long.parseLong(value));
        }
        String iso = value.replace(' ', 'T');
        return iso.endsWith("Z")
                ? Instant.parse(iso)
                : LocalDateTime.parse(iso).atZone(zone).toInstant();
    }

    @Override
    public String text(ResultSet rows, int index) throws SQLException {
        return rows.getString(index);
    }

    @Override
    public int fill(PreparedStatement statement, int index, String text) throws SQLException {
        if (isNumber(text)) {
            statement.setLong(index, Long.parseLong(text));
        } else {
            statement.setString(index, text);
        }
        return index + 1;
    }

    /** Text is compared letter by letter, so the bound has to be of the same form. */
    @Override
    public String before(String column) {
        return "("
                + column
                + " < case typeof("
                + column
                + ") when 'text' then replace(?, ' ', substr("
                + column
                + ", 11, 1)) else ? end)";
    }

    @Override
    public int fillBefore(PreparedStatement statement, int index, Instant clock)
            throws SQLException {
        LocalDateTime whole = UnzonedTime.cut(clock, 0);
        statement.setString(
                index, SECONDS.format(whole.atOffset(ZoneOffset.UTC).atZoneSameInstant(zone)));
        statement.setLong(index + 1, clock.toEpochMilli());
        return index + 2;
    }

    private static boolean isNumber(String text) {
        return text.matches("-?\\d+");
    }
}
