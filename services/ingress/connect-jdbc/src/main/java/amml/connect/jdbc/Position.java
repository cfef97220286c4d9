package amml.connect.jdbc;

import java.util.HashMap;
import java.util.Map;

/**
 * How far a table was read: the timestamp and the id of the last row, each null where the mode has
 * none of it or nothing was read yet.
 *
 * <p>The timestamp is text with all digits of the database, as a record's own has milliseconds only
 * and rows between two of them would be lost or repeated.
 */
record Position(String time, Long id) {
    static final Position START = new Position(null, null);
    private static final String TIME = "timestamp";
    private static final String ID = "incrementing";

    /** What Kafka Connect has kept; null where it has kept nothing. */
    static Position of(Map<String, Object> offset) {
        if (offset == null) {
            return START;
        }
        Object time = offset.get(TIME);
        Number id = (Number) offset.get(ID);
        return new Position(
                time == null ? null : time.toString(), id == null ? null : id.longValue());
    }

    Map<String, Object> offset() {
        Map<String, Object> offset = new HashMap<>();
        if (time != null) {
            offset.put(TIME, time);
        }
        if (id != null) {
            offset.put(ID, id);
        }
        return offset;
    }
}
