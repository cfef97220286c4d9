package amml.connect.jdbc;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Waits until no transaction can still bring a row below a bound M: then a row that commits late is
 * not passed by.
 *
 * <p>M is taken first, then the set F of what is open. Let a row R at or below M be invisible after
 * F was taken. Its id or time was given before M's own: sequences and clocks only rise. M was
 * visible when it was taken, so R's transaction had begun by then. Either it had ended before F was
 * taken, and then R is visible to every later snapshot, or never comes; or it is in F. So once all
 * of F is over, a fresh snapshot holds every row at or below M that there will ever be. With F
 * taken first this fails: a transaction that begins after F can be given an id below the M that is
 * taken later, and still be open when F is over.
 *
 * <p>A watch after the first is for what the things of the one before turn into: a transaction that
 * is prepared leaves the list of sessions, a statement that ends may leave its transaction open.
 * Its set is taken when the one before is over, when all of those have turned.
 *
 * <p>Each look is a transaction of its own (auto-commit), else the database would show the first
 * one's answer again.
 */
final class Fence {
    private static final Logger LOG = LoggerFactory.getLogger(Fence.class);

    private final Deque<Watch> watches;
    private final String table;
    private final long patience;
    private final Map<String, String> waiting = new HashMap<>();
    private boolean taken;
    private long lastWord = System.nanoTime();

    /** After M was taken: the first look is the first call of {@link #isOver}. */
    Fence(Collection<Watch> watches, String table, Duration patience) {
        this.watches = new ArrayDeque<>(watches);
        this.table = table;
        this.patience = patience.toNanos();
    }

    /** Looks again. */
    boolean isOver(Connection connection) throws SQLException {
        while (!watches.isEmpty()) {
            Map<String, String> open = watches.peek().open(connection);
            if (open != null && !taken) {
                waiting.putAll(open);
                taken = true;
            }
            if (open != null) {
                waiting.keySet().retainAll(open.keySet());
            }
            if (open == null || !waiting.isEmpty()) {
                nameThem();
                return false;
            }
            watches.pop();
            taken = false;
        }
        return true;
    }

    private void nameThem() {
        if (System.nanoTime() - lastWord > patience) {
            lastWord = System.nanoTime();
            String open =
                    waiting.isEmpty()
                            ? "what the database does not show"
                            : String.join("; ", waiting.values());
            LOG.warn("{} waits for the end of: {}", table, open);
        }
    }
}
