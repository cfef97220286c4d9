package amml.connect.jdbc;

import org.postgresql.Driver;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Properties;

/** PostgreSQL. All that is asked here is open to every user. */
class PostgresDialect implements Dialect {
    private static final String APPLICATION = "amml-connect-jdbc";

    /**
     * Every transaction holds the lock of its own virtual id until it is over for all others to
     * see. Left out: other databases, autovacuum (it has no user), and our own readers, which
     * cannot write.
     */
    private static final String TRANSACTIONS =
            """
            select l.virtualtransaction,
                   'pid ' || l.pid || ' of ' || a.usename || coalesce(' since ' || a.xact_start, '')
            from (
                select virtualtransaction, pid from pg_locks group by virtualtransaction, pid
                having bool_or(locktype = 'virtualxid' and mode = 'ExclusiveLock') %s
            ) l join pg_stat_activity a on a.pid = l.pid
            where a.datname = current_database() and a.usename is not null
              and l.pid <> pg_backend_pid() and a.application_name <> '\
            """
                    + APPLICATION
                    + "'";

    /**
     * Who takes an id has locked the table before, or the sequence, both for writing and to the
     * end. So ids need not wait for those who only read, such as a dump that takes hours; times
     * must, as now() is when a transaction began, whatever it has done since.
     */
    private static final String THAT_WRITE =
            """
            and bool_or(locktype = 'transactionid'
                        or (locktype = 'relation' and mode <> 'AccessShareLock'))
            """;

    private static final String PREPARED =
            """
            select transaction::text, 'prepared transaction ' || gid || ' since ' || prepared
            from pg_prepared_xacts where database = current_database()
            """;

    @Override
    public Connection connect(Settings settings) throws SQLException {
        Properties properties = settings.login();
        properties.setProperty("ApplicationName", APPLICATION);
        properties.setProperty("tcpKeepAlive", "true");
        // A statement that the server keeps fails when a column is added to its table.
        properties.setProperty("prepareThreshold", "0");
        properties.setProperty("connectTimeout", "10");
        Connection connection = new Driver().connect(settings.url(), properties);
        connection.setReadOnly(true);
        return connection;
    }

    @Override
    public Instant clock(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select clock_timestamp()")) {
            row.next();
            return row.getObject(1, OffsetDateTime.class).toInstant();
        }
    }

    @Override
    public int type(ResultSetMetaData columns, int index) throws SQLException {
        return switch (columns.getColumnTypeName(index)) {
            case "bool" -> Types.BOOLEAN;
            case "timestamptz" -> Types.TIMESTAMP_WITH_TIMEZONE;
            case "bit", "varbit", "money", "timetz" -> Types.VARCHAR;
            default -> columns.getColumnType(index);
        };
    }

    @Override
    public List<Watch> watches(Connection connection, Mode mode) throws SQLException {
        String which = mode.byTime ? "" : THAT_WRITE;
        return List.of(Watch.of(TRANSACTIONS.formatted(which)), Watch.of(PREPARED));
    }

    @Override
    public String blindness(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select pg_is_in_recovery()")) {
            row.next();
            return row.getBoolean(1) ? "this server is a standby" : "";
        }
    }
}
