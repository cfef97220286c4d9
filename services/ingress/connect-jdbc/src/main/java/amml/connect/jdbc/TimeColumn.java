package amml.connect.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

/** How a timestamp column is read, kept in a position, and compared. */
interface TimeColumn {
    /** The moment, or null. */
    Instant instant(ResultSet rows, int index) throws SQLException;

    /** The value with all its digits, or null. */
    String text(ResultSet rows, int index) throws SQLException;

    /** Fills one question mark with such a text. */
    int fill(PreparedStatement statement, int index, String text) throws SQLException;

    /**
     * A condition that holds for values no transaction will be given any more once it is `clock` or
     * later. So it ends at the start of the column's own unit: at half past ten seconds a column of
     * whole seconds may still be given another ten.
     */
    default String before(String column) {
        return "(" + column + " < ?)";
    }

    /** Fills the question marks of {@link #before}. */
    int fillBefore(PreparedStatement statement, int index, Instant clock) throws SQLException;
}
