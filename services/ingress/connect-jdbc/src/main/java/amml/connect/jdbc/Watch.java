package amml.connect.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/** Sees what is open in a database now. */
interface Watch {
    /** A description of each thing, by an id that is its alone; null if nobody can tell now. */
    Map<String, String> open(Connection connection) throws SQLException;

    /** A query of two columns, id and description, is a watch. */
    static Watch of(String query) {
        return connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(query)) {
                Map<String, String> found = new HashMap<>();
                while (rows.next()) {
                    found.put(rows.getString(1), rows.getString(2));
                }
                return found;
            }
        };
    }
}
