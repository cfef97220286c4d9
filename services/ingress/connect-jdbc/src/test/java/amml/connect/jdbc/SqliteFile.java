package amml.connect.jdbc;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/** A database in a file, and the configuration of a connector that reads it. */
record SqliteFile(Path path) {
    static SqliteFile in(Path folder) {
        SqliteFile file = new SqliteFile(folder.resolve("hall.db"));
        file.run("pragma journal_mode = wal"); // readers and the writer do not stop each other
        return file;
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + path);
    }

    SqliteFile run(String... statements) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
            return this;
        } catch (SQLException fault) {
            throw new AssertionError(fault);
        }
    }

    /** Pairs of names and values, after those that every test needs. */
    Map<String, String> config(String... pairs) {
        Map<String, String> config = new HashMap<>();
        config.put(Settings.URL, "jdbc:sqlite:" + path);
        config.put(Settings.PREFIX, "hall.");
        config.put("poll.interval.ms", "10");
        for (int i = 0; i < pairs.length; i += 2) {
            config.put(pairs[i], pairs[i + 1]);
        }
        return config;
    }
}
