package amml.connect.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Sees the transactions of InnoDB that have written.
 *
 * <p>The server answers from a copy, and makes a new one only if nobody has asked for a tenth of a
 * second. So an answer counts only if it shows the very statement that asks, with a word nobody has
 * used before; and we ask at uneven times, so that several tasks do not keep the copy old.
 */
final class InnoDbWatch implements Watch {
    private static final long SHORTEST = 150_000_000L;
    private static final long LONGEST = 450_000_000L;

    private static final String QUERY =
            """
            select trx_id, concat('connection ', trx_mysql_thread_id, ' since ', trx_started),
                   trx_mysql_thread_id = connection_id(), trx_query like '%%%1$s%%'
            from information_schema.innodb_trx
            """;

    private long next = System.nanoTime();

    @Override
    public Map<String, String> open(Connection connection) throws SQLException {
        if (System.nanoTime() < next) {
            return null;
        }
        next = System.nanoTime() + ThreadLocalRandom.current().nextLong(SHORTEST, LONGEST);
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    "start transaction with consistent snapshot"); // else we are not in the list
            try (ResultSet rows = statement.executeQuery(QUERY.formatted(UUID.randomUUID()))) {
                return found(rows);
            } finally {
                statement.execute("rollback");
            }
        }
    }

    private static Map<String, String> found(ResultSet rows) throws SQLException {
        boolean isNew = false;
        Map<String, String> found = new HashMap<>();
        while (rows.next()) {
            if (rows.getBoolean(3)) {
                isNew = rows.getBoolean(4);
            } else if (rows.getLong(1) != 0) { // it has written
                found.put(rows.getString(1), rows.getString(2));
            }
        }
        return isNew ? found : null;
    }
}
