package amml.connect.jdbc;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A server that the environment names, and the configuration of a connector that reads it. */
record Server(String url, String user, String password) {
    static Server named(String variable) {
        return new Server(
                System.getenv(variable),
                System.getenv("AMML_TEST_USER"),
                System.getenv("AMML_TEST_PASSWORD"));
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(url, user, password);
    }

    /** A connection with a transaction that has not begun yet. */
    Connection writer() throws SQLException {
        Connection connection = connect();
        connection.setAutoCommit(false);
        return connection;
    }

    void run(String... statements) throws SQLException {
        try (Connection connection = connect()) {
            execute(connection, statements);
        }
    }

    static void execute(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        }
    }

    /** Pairs of names and values, after those that every test needs. */
    Map<String, String> config(String... pairs) {
        Map<String, String> config = new HashMap<>();
        config.put(Settings.URL, url);
        config.put(Settings.USER, user);
        config.put(Settings.PASSWORD_NAME, password);
        config.put(Settings.PREFIX, "hall.");
        config.put("poll.interval.ms", "10");
        config.put("connection.backoff.ms", "100");
        for (int i = 0; i < pairs.length; i += 2) {
            config.put(pairs[i], pairs[i + 1]);
        }
        return config;
    }

    /** A worker whose task waits for no transaction: what the fence is for shows without it. */
    Worker withoutFence(Map<String, String> config) {
        Dialect seeing = JdbcUrl.dialect(url);
        Dialect blind = new Blind(seeing);
        JdbcSourceTask task =
                new JdbcSourceTask() {
                    @Override
                    Dialect dialect(Settings settings) {
                        return blind;
                    }
                };
        return new Worker(Worker.withTables(config), new HashMap<>(), task);
    }

    private record Blind(Dialect seeing) implements Dialect {
        @Override
        public Connection connect(Settings settings) throws SQLException {
            return seeing.connect(settings);
        }

        @Override
        public java.time.Instant clock(Connection connection) throws SQLException {
            return seeing.clock(connection);
        }

        @Override
        public int type(java.sql.ResultSetMetaData columns, int index) throws SQLException {
            return seeing.type(columns, index);
        }

        @Override
        public TimeColumn time(java.sql.ResultSetMetaData columns, int index, java.time.ZoneId zone)
                throws SQLException {
            return seeing.time(columns, index, zone);
        }

        @Override
        public boolean namesCatalog() {
            return seeing.namesCatalog();
        }

        @Override
        public List<Watch> watches(Connection connection, Mode mode) {
            return List.of();
        }
    }
}
