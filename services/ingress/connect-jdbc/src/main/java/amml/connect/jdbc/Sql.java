package amml.connect.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** A statement that is put together from pieces, each with what fills its question marks. */
final class Sql {
    /** Fills question marks from an index on; returns the index of the next one. */
    interface Filling {
        int into(PreparedStatement statement, int index) throws SQLException;
    }

    private final StringBuilder text = new StringBuilder();
    private final List<Filling> fillings = new ArrayList<>();

    Sql(String text) {
        this.text.append(text);
    }

    Sql add(String piece, Filling... filled) {
        text.append(piece);
        fillings.addAll(List.of(filled));
        return this;
    }

    PreparedStatement prepare(Connection connection) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(text.toString());
        int index = 1;
        for (Filling each : fillings) {
            index = each.into(statement, index);
        }
        return statement;
    }

    static Filling number(long value) {
        return (statement, index) -> {
            statement.setLong(index, value);
            return index + 1;
        };
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
