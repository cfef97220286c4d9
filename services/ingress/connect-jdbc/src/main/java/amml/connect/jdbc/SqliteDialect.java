package amml.connect.jdbc;

import org.sqlite.JDBC;
import org.sqlite.SQLiteErrorCode;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** SQLite. One transaction writes at a time, so ids come in the order of commits. */
class SqliteDialect implements Dialect {
    private static final String PREFIX = "jdbc:sqlite:";
    private static final int BUSY_MILLIS = 3_000;

    @Override
    public Connection connect(Settings settings) throws SQLException {
        String file = settings.url().substring(PREFIX.length());
        if (!Files.isRegularFile(Path.of(file))) { // SQLite would make one
            throw new SQLTransientConnectionException("there is no file " + file);
        }
        return new JDBC().connect(settings.url(), settings.login());
    }

    @Override
    public Instant clock(Connection connection) {
        return Instant.now(); // the library runs here
    }

    @Override
    public int type(ResultSetMetaData columns, int index) throws SQLException {
        return switch (columns.getColumnTypeName(index).toUpperCase(Locale.ROOT)) {
            case "TIMESTAMP", "DATETIME" -> Types.TIMESTAMP;
            case "BOOLEAN" -> Types.BOOLEAN;
            default -> widest(columns.getColumnType(index));
        };
    }

    /** A whole number has up to eight bytes, whatever the column is called. */
    private static int widest(int type) {
        return switch (type) {
            case Types.TINYINT, Types.SMALLINT, Types.INTEGER -> Types.BIGINT;
            default -> type;
        };
    }

    @Override
    public TimeColumn time(ResultSetMetaData columns, int index, ZoneId zone) {
        return new SqliteTime(zone);
    }

    /**
     * A transaction may carry an older time than one that was read. Who gets the lock for writing
     * knows that none is open; it is given back at once.
     */
    @Override
    public List<Watch> watches(Connection connection, Mode mode) {
        return mode.byTime ? List.of(SqliteDialect::writer) : List.of();
    }

    private static void patiently(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("pragma busy_timeout = " + BUSY_MILLIS);
        }
    }

    private static Map<String, String> writer(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("pragma busy_timeout = 0"); // we come again
            statement.execute("begin immediate");
            statement.execute("rollback");
            return Map.of();
        } catch (SQLException fault) {
            if (fault.getErrorCode() == SQLiteErrorCode.SQLITE_BUSY.code) {
                return Map.of("writer", "a transaction that writes");
            }
            throw fault;
        } finally {
            patiently(connection);
        }
    }
}
