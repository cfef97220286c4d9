package amml.connect.jdbc;

import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.source.SourceRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Reads a table or query in rounds: find the upper bound, wait at the fence, read up to the bound.
 *
 * <p>It never waits inside a call: {@link #poll} returns nothing, and is called again soon.
 */
final class TableReader {
    private static final Logger LOG = LoggerFactory.getLogger(TableReader.class);

    /**
     * A statement or transaction has its time a moment before it can be seen as open; its rows are
     * left to a later round. So is whatever the clock says less than this ago.
     */
    private static final Duration MARGIN = Duration.ofMillis(100);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);
    private static final Duration AHEAD = Duration.ofMinutes(1);
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Selection selection;
    private final Dialect dialect;
    private final Settings settings;
    private Position position;
    private Position upper;
    private Fence fence;
    private Batches batches;
    private Schema schema;
    private boolean toldOfTheFuture;
    private Duration pause = FIRST_PAUSE;
    private long due = System.nanoTime();

    TableReader(Selection selection, Position position, Dialect dialect, Settings settings) {
        this.selection = selection;
        this.position = position;
        this.dialect = dialect;
        this.settings = settings;
    }

    /** Whether it holds the connection: no other may use that until the round is over. */
    boolean isReading() {
        return batches != null;
    }

    /** How long to wait before the next look, in milliseconds. */
    long idleMillis() {
        return isReading() ? 0 : Math.max(0, (due - System.nanoTime()) / 1_000_000);
    }

    /** The next rows; none if there is nothing to be read now. */
    List<SourceRecord> poll(Connection connection) throws SQLException {
        if (batches == null) {
            if (idleMillis() > 0 || !mayRead(connection)) {
                return List.of();
            }
            batches =
                    new Batches(connection, selection, position, upper, schema, dialect, settings);
            schema = batches.schema();
        }
        List<SourceRecord> records = batches.next(settings.batchRows());
        Position reached = batches.position();
        if (batches.isDone()) {
            batches.close();
            endRound();
        }
        position = reached; // last of all: what fails before is read again
        return records;
    }

    /** After a lost connection: begin the round anew, at the last row that was handed on. */
    void reset() {
        batches = null;
        fence = null;
    }

    private boolean mayRead(Connection connection) throws SQLException {
        if (settings.mode() == Mode.BULK) {
            return true;
        }
        if (fence == null) {
            Instant clock = dialect.clock(connection).minus(settings.delay()).minus(MARGIN);
            upper = selection.newest(connection, position, clock);
            if (upper == null) {
                tellOfTheFuture(connection);
                endRound();
                return false;
            }
            pause = FIRST_PAUSE;
            fence =
                    new Fence(
                            dialect.watches(connection, settings.mode()),
                            selection.source().name(),
                            PATIENCE);
        }
        boolean over = fence.isOver(connection);
        if (!over) {
            rest(pause);
            pause =
                    pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
                            ? pause.multipliedBy(2)
                            : LONGEST_PAUSE;
        }
        return over;
    }

    /** Once: who wrote local times would wait for hours without knowing why. */
    private void tellOfTheFuture(Connection connection) throws SQLException {
        if (toldOfTheFuture || !settings.mode().byTime) {
            return;
        }
        toldOfTheFuture = true;
        Position latest = selection.ahead(connection, dialect.clock(connection).plus(AHEAD));
        if (latest != null) {
            LOG.warn(
                    "{} has times up to {}, after the database's clock: such rows are read when"
                            + " that time has come. If they are local times, set {}",
                    selection.source().name(),
                    latest.time(),
                    Settings.ZONE);
        }
    }

    private void rest(Duration time) {
        due = System.nanoTime() + time.toNanos();
    }

    private void endRound() {
        batches = null;
        fence = null;
        rest(settings.pollInterval());
    }
}
