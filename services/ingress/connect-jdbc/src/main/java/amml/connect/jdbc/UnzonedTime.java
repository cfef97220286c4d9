package amml.connect.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A column without a zone: what it means is known from `db.timezone`, or from the database. */
record UnzonedTime(ZoneId zone, int digits) implements TimeColumn {
    @Override
    public Instant instant(ResultSet rows, int index) throws SQLException {
        LocalDateTime value = rows.getObject(index, LocalDateTime.class);
        return value == null ? null : value.atZone(zone).toInstant();
    }

    @Override
    public String text(ResultSet rows, int index) throws SQLException {
        LocalDateTime value = rows.getObject(index, LocalDateTime.class);
        return value == null ? null : value.toString();
    }

    @Override
    public int fill(PreparedStatement statement, int index, String text) throws SQLException {
        statement.setObject(index, LocalDateTime.parse(text));
        return index + 1;
    }

    @Override
    public int fillBefore(PreparedStatement statement, int index, Instant clock)
            throws SQLException {
        Instant whole = cut(clock, digits).toInstant(ZoneOffset.UTC);
        statement.setObject(index, LocalDateTime.ofInstant(whole, zone));
        return index + 1;
    }

    /** A moment in UTC with so many digits after the second, the rest cut off. */
    static LocalDateTime cut(Instant moment, int digits) {
        LocalDateTime time = LocalDateTime.ofInstant(moment, ZoneOffset.UTC);
        int unit = (int) Math.pow(10, 9 - digits);
        return time.withNano(time.getNano() / unit * unit);
    }
}
