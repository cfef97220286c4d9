package amml.connect.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

/**
 * The two statements of a round: the newest row that is there, and the rows up to it.
 *
 * @param initial where the timestamps begin as long as there is no position; null is the first.
 */
record Selection(Source source, Cursor cursor, Instant initial) {
    /**
     * The upper bound of a round; null if there is nothing new.
     *
     * @param clock only times before it are looked at.
     */
    Position newest(Connection connection, Position last, Instant clock) throws SQLException {
        Sql sql = max();
        if (cursor.time() != null) {
            sql.add(" and " + before(), time(clock));
        }
        addAfter(sql, last);
        return found(connection, sql);
    }

    /** The latest of the times that are not before the clock; null if there are none. */
    Position ahead(Connection connection, Instant clock) throws SQLException {
        return found(connection, max().add(" and not " + before(), time(clock)));
    }

    private Sql max() {
        String column = source.quoted(cursor.time() == null ? cursor.id() : cursor.timeName());
        return new Sql("select max(" + column + ") from " + source.sql() + " where 1 = 1");
    }

    private Position found(Connection connection, Sql sql) throws SQLException {
        try (PreparedStatement statement = sql.prepare(connection);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return cursor.time() == null ? newestId(row) : newestTime(row);
        }
    }

    private String before() {
        return cursor.time().before(source.quoted(cursor.timeName()));
    }

    private Sql.Filling time(Instant clock) {
        return (statement, i) -> cursor.time().fillBefore(statement, i, clock);
    }

    /** The rows after one position up to another, in their order; all if there is no bound. */
    Sql rows(Position last, Position upper) {
        Sql sql = new Sql("select * from " + source.sql() + " where 1 = 1");
        if (cursor.time() != null) {
            sql.add(" and " + source.quoted(cursor.timeName()) + " <= ?", time(upper));
        } else if (cursor.id() != null) {
            sql.add(" and " + source.quoted(cursor.id()) + " <= ?", Sql.number(upper.id()));
        }
        addAfter(sql, last);
        return sql.add(order());
    }

    private Position newestId(ResultSet row) throws SQLException {
        long id = row.getLong(1);
        return row.wasNull() ? null : new Position(null, id);
    }

    private Position newestTime(ResultSet row) throws SQLException {
        String time = cursor.time().text(row, 1);
        return time == null ? null : new Position(time, null);
    }

    private void addAfter(Sql sql, Position last) {
        if (cursor.time() == null) {
            if (cursor.id() != null && last.id() != null) {
                sql.add(" and " + source.quoted(cursor.id()) + " > ?", Sql.number(last.id()));
            }
        } else if (last.time() != null) {
            addAfterTime(sql, source.quoted(cursor.timeName()), last);
        } else if (initial != null) {
            sql.add(" and not " + before(), time(initial));
        }
    }

    private void addAfterTime(Sql sql, String name, Position last) {
        if (cursor.id() == null || last.id() == null) {
            sql.add(" and " + name + " > ?", time(last));
            return;
        }
        String id = source.quoted(cursor.id());
        sql.add(" and (" + name + " > ?", time(last));
        sql.add(" or (" + name + " = ?", time(last));
        sql.add(" and " + id + " > ?))", Sql.number(last.id()));
    }

    private Sql.Filling time(Position position) {
        return (statement, i) -> cursor.time().fill(statement, i, position.time());
    }

    private String order() {
        String time = cursor.time() == null ? "" : source.quoted(cursor.timeName());
        String id = cursor.id() == null ? "" : source.quoted(cursor.id());
        String comma = time.isEmpty() || id.isEmpty() ? "" : ", ";
        return time.isEmpty() && id.isEmpty() ? "" : " order by " + time + comma + id;
    }
}
