package amml.connect.jdbc;

import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The rows of a round, a batch at a time, from one snapshot.
 *
 * <p>A batch is one transaction, after which the position of its last row is kept. Rows that share
 * a position are never parted: after a crash between them the others would be passed by. And only
 * the last of them carries that position, the others the one before, as a worker without
 * exactly-once support may keep the position of any row; it then repeats some, and misses none.
 */
final class Batches implements AutoCloseable {
    private record Row(Struct value, Position position) {}

    private final Source source;
    private final boolean keepsPosition;
    private final Connection connection;
    private final PreparedStatement statement;
    private final ResultSet rows;
    private final RowShape shape;
    private final Schema schema;
    private Position before;
    private Row pending;

    /**
     * Opens the snapshot.
     *
     * @param known the schema of an earlier round, used again if it is equal: converters look
     *     schemas up by identity first.
     */
    Batches(
            Connection connection,
            Selection selection,
            Position last,
            Position upper,
            Schema known,
            Dialect dialect,
            Settings settings)
            throws SQLException {
        this.source = selection.source();
        this.keepsPosition = settings.mode() != Mode.BULK;
        this.connection = connection;
        this.before = last;
        connection.setAutoCommit(false); // PostgreSQL's driver would fetch all rows at once
        statement = selection.rows(last, upper).prepare(connection);
        statement.setFetchSize(settings.batchRows());
        rows = statement.executeQuery();
        shape =
                new RowShape(
                        rows.getMetaData(),
                        source.schemaName(),
                        selection.cursor(),
                        dialect,
                        settings);
        schema = shape.schema.equals(known) ? known : shape.schema;
        pending = read();
    }

    Schema schema() {
        return schema;
    }

    /** Where the last batch ended. */
    Position position() {
        return before;
    }

    boolean isDone() {
        return pending == null;
    }

    /** So many rows, and those that share the last one's position. */
    List<SourceRecord> next(int most) throws SQLException {
        List<Row> batch = new ArrayList<>();
        while (pending != null
                && (batch.size() < most || belongs(pending, batch.get(batch.size() - 1)))) {
            batch.add(pending);
            pending = read();
        }
        List<SourceRecord> records = new ArrayList<>(batch.size());
        for (int i = 0; i < batch.size(); i++) {
            if (i + 1 == batch.size() || !belongs(batch.get(i + 1), batch.get(i))) {
                before = batch.get(i).position();
            }
            records.add(record(batch.get(i).value()));
        }
        return records;
    }

    private boolean belongs(Row row, Row earlier) {
        return keepsPosition && row.position().equals(earlier.position());
    }

    private Row read() throws SQLException {
        return rows.next() ? new Row(shape.value(rows, schema), shape.position(rows)) : null;
    }

    private SourceRecord record(Struct value) {
        return new SourceRecord(
                source.partition(),
                keepsPosition ? before.offset() : null,
                source.topic(),
                schema,
                value);
    }

    @Override
    public void close() throws SQLException {
        rows.close();
        statement.close();
        connection.rollback();
        connection.setAutoCommit(true);
    }
}
