package amml.connect.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/** A column that knows its zone: it is read, kept and compared in UTC. */
record ZonedTime(int digits) implements TimeColumn {
    @Override
    public Instant instant(ResultSet rows, int index) throws SQLException {
        OffsetDateTime value = rows.getObject(index, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }

    @Override
    public String text(ResultSet rows, int index) throws SQLException {
        OffsetDateTime value = rows.getObject(index, OffsetDateTime.class);
        return value == null
                ? null
                : value.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime().toString();
    }

    @Override
    public int fill(PreparedStatement statement, int index, String text) throws SQLException {
        statement.setObject(index, LocalDateTime.parse(text).atOffset(ZoneOffset.UTC));
        return index + 1;
    }

    @Override
    public int fillBefore(PreparedStatement statement, int index, Instant clock)
            throws SQLException {
        statement.setObject(index, UnzonedTime.cut(clock, digits).atOffset(ZoneOffset.UTC));
        return index + 1;
    }
}
