package amml.connect.jdbc;

import java.sql.Connection;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;

/** What differs from one database to another. */
interface Dialect {
    /** A connection in auto-commit mode that can only read. */
    Connection connect(Settings settings) throws SQLException;

    /** The database's own clock: it gives the rows their times. */
    Instant clock(Connection connection) throws SQLException;

    /** The JDBC type of a column, where the driver's word for it says too little. */
    default int type(ResultSetMetaData columns, int index) throws SQLException {
        return columns.getColumnType(index);
    }

    /**
     * How a timestamp column is handled.
     *
     * @param zone what a time without a zone means.
     */
    default TimeColumn time(ResultSetMetaData columns, int index, ZoneId zone) throws SQLException {
        int digits = Math.max(0, Math.min(9, columns.getScale(index)));
        boolean zoned = type(columns, index) == Types.TIMESTAMP_WITH_TIMEZONE;
        return zoned ? new ZonedTime(digits) : new UnzonedTime(zone, digits);
    }

    /** Whether a table's name begins with the catalog, not with a schema. */
    default boolean namesCatalog() {
        return false;
    }

    /** What is to be over, one after the other, before rows up to a bound are all there. */
    List<Watch> watches(Connection connection, Mode mode) throws SQLException;

    /** Why no watch can see who writes, or "": a copy does not know the original's sessions. */
    default String blindness(Connection connection) throws SQLException {
        return "";
    }
}
