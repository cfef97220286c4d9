package amml.connect.jdbc;

import org.mariadb.jdbc.Driver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Properties;

/** MariaDB and MySQL, both by MariaDB's driver. */
class MariaDbDialect implements Dialect {
    private static final Logger LOG = LoggerFactory.getLogger(MariaDbDialect.class);
    private static final int NEEDS_PROCESS = 1227;

    /**
     * A statement has its time before its transaction is listed, so first those that run now are to
     * end. MySQL does not number statements: there, their text tells them apart.
     */
    private static final String STATEMENTS =
            """
            select concat(id, '/', %s), concat('the statement of connection ', id, ' of ', user)
            from information_schema.processlist
            where id <> connection_id() and command not in ('Sleep', 'Daemon', 'Connect',
                'Binlog Dump', 'Binlog Dump GTID', 'Slave_IO', 'Slave_SQL', 'Slave_worker')
            """;

    private final Watch transactions = new InnoDbWatch();
    private Boolean seesAll;

    @Override
    public Connection connect(Settings settings) throws SQLException {
        Properties properties = settings.login();
        properties.setProperty("allowLocalInfile", "false"); // a server could ask for our files
        properties.setProperty("yearIsDateType", "false");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("connectTimeout", "10000");
        String url = settings.url().replaceFirst("^jdbc:mysql:", "jdbc:mariadb:");
        Connection connection = new Driver().connect(url, properties);
        try (Statement statement = connection.createStatement()) {
            statement.execute("set session time_zone = '+00:00'"); // TIMESTAMP is shown in it
            statement.execute("set session transaction read only");
        }
        return connection;
    }

    @Override
    public Instant clock(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select utc_timestamp(6)")) {
            row.next();
            return row.getObject(1, LocalDateTime.class).toInstant(ZoneOffset.UTC);
        }
    }

    @Override
    public int type(ResultSetMetaData columns, int index) throws SQLException {
        return switch (columns.getColumnTypeName(index)) {
            case "TIMESTAMP" -> Types.TIMESTAMP_WITH_TIMEZONE;
            case "DATETIME" -> Types.TIMESTAMP;
            case "BIT" -> columns.getPrecision(index) > 1 ? Types.VARBINARY : Types.BOOLEAN;
            default -> columns.getColumnType(index);
        };
    }

    /** The driver gives both kinds without a zone; that of TIMESTAMP is the session's, UTC. */
    @Override
    public TimeColumn time(ResultSetMetaData columns, int index, ZoneId zone) throws SQLException {
        int digits = Math.max(0, Math.min(6, columns.getScale(index)));
        boolean zoned = type(columns, index) == Types.TIMESTAMP_WITH_TIMEZONE;
        return new UnzonedTime(zoned ? ZoneOffset.UTC : zone, digits);
    }

    @Override
    public boolean namesCatalog() {
        return true;
    }

    @Override
    public List<Watch> watches(Connection connection, Mode mode) throws SQLException {
        if (seesAll == null) {
            seesAll = seesAll(connection);
        }
        boolean numbered = connection.getMetaData().getDatabaseProductName().equals("MariaDB");
        String statements = STATEMENTS.formatted(numbered ? "query_id" : "coalesce(md5(info), '')");
        return seesAll ? List.of(Watch.of(statements), transactions) : List.of();
    }

    private static boolean seesAll(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("select 1 from information_schema.innodb_trx limit 1");
            return true;
        } catch (SQLException fault) {
            if (fault.getErrorCode() != NEEDS_PROCESS) {
                throw fault;
            }
            LOG.warn(
                    "without the privilege PROCESS nobody can see which transactions are open: rows"
                            + " that are committed out of order can be missed. Grant it, or set {}"
                            + " above the time that the longest of them takes",
                    Settings.DELAY);
            return false;
        }
    }
}
