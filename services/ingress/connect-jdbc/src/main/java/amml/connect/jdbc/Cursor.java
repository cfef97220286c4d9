package amml.connect.jdbc;

import org.apache.kafka.connect.errors.ConnectException;

import java.sql.Connection;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * The columns by which new rows of a table are found.
 *
 * @param id the id's name as the database has it; null where the mode has none.
 * @param timeName likewise of the timestamp.
 * @param time how it is read; null where the mode has none.
 */
record Cursor(String id, String timeName, TimeColumn time) {
    static Cursor none() {
        return new Cursor(null, null, null);
    }

    /** The columns that the settings name, found in a table or query. */
    static Cursor of(Connection connection, Source source, Dialect dialect, Settings settings)
            throws SQLException {
        Mode mode = settings.mode();
        if (mode == Mode.BULK) {
            return none();
        }
        try (Statement statement = connection.createStatement();
                var rows =
                        statement.executeQuery("select * from " + source.sql() + " where 1 = 0")) {
            ResultSetMetaData columns = rows.getMetaData();
            int id = mode.byId ? found(columns, settings, Settings.ID, source) : 0;
            int time = mode.byTime ? found(columns, settings, Settings.TIME, source) : 0;
            return new Cursor(
                    id == 0 ? null : columns.getColumnLabel(id),
                    time == 0 ? null : columns.getColumnLabel(time),
                    time == 0 ? null : dialect.time(columns, time, settings.zone()));
        }
    }

    private static int found(
            ResultSetMetaData columns, Settings settings, String setting, Source source)
            throws SQLException {
        String name = settings.getString(setting);
        int index = index(columns, name);
        if (index == 0) {
            throw new ConnectException(setting + ": " + missing(source, name, columns));
        }
        return index;
    }

    static String missing(Source source, String name, ResultSetMetaData columns)
            throws SQLException {
        return name.isEmpty()
                ? source.name() + " has no column that the database counts: name one"
                : source.name() + " has no column " + name + Nearest.hint(name, names(columns));
    }

    /** Which column is called so; for an empty name that which the database counts itself. */
    static int index(ResultSetMetaData columns, String name) throws SQLException {
        if (name.isEmpty()) {
            return counted(columns);
        }
        List<String> names = names(columns);
        int exact = names.indexOf(name);
        for (int i = 0; exact < 0 && i < names.size(); i++) {
            exact = names.get(i).equalsIgnoreCase(name) ? i : -1;
        }
        return exact + 1;
    }

    static List<String> names(ResultSetMetaData columns) throws SQLException {
        List<String> names = new ArrayList<>();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            names.add(columns.getColumnLabel(i));
        }
        return names;
    }

    private static int counted(ResultSetMetaData columns) throws SQLException {
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            if (columns.isAutoIncrement(i)) {
                return i;
            }
        }
        return 0;
    }
}
