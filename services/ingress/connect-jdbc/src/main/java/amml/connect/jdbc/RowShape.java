package amml.connect.jdbc;

import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.ConnectException;

import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.List;

/** The columns of a result: the schema of its records, and how a row becomes one. */
final class RowShape {
    private final List<Field.Reader> readers = new ArrayList<>();
    private final TimeColumn time;
    private final int timeIndex;
    private final int idIndex;
    final Schema schema;

    /** `name` is the schema's, as Confluent's connector has it: that of the table. */
    RowShape(
            ResultSetMetaData columns,
            String name,
            Cursor cursor,
            Dialect dialect,
            Settings settings)
            throws SQLException {
        time = cursor.time();
        timeIndex = time == null ? 0 : Cursor.index(columns, cursor.timeName());
        idIndex = cursor.id() == null ? 0 : Cursor.index(columns, cursor.id());
        SchemaBuilder builder = SchemaBuilder.struct().name(name);
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            Field field = Field.of(columns, i, dialect, settings);
            boolean required = columns.isNullable(i) == ResultSetMetaData.columnNoNulls;
            builder.field(
                    columns.getColumnLabel(i),
                    required ? field.schema().build() : field.schema().optional().build());
            readers.add(field.reader());
        }
        schema = builder.build();
    }

    /** The current row, with a schema that is equal to this one's. */
    Struct value(ResultSet rows, Schema written) throws SQLException {
        Struct value = new Struct(written);
        for (int i = 0; i < readers.size(); i++) {
            value.put(written.fields().get(i), read(rows, i));
        }
        return value;
    }

    private Object read(ResultSet rows, int i) throws SQLException {
        try {
            Object read = readers.get(i).read(rows, i + 1);
            return rows.wasNull() ? null : read;
        } catch (ArithmeticException | DateTimeException fault) {
            String column = schema.fields().get(i).name();
            throw new ConnectException(
                    "column \""
                            + column
                            + "\": a value has no place in its type: "
                            + fault.getMessage());
        }
    }

    /** Where the current row stands. */
    Position position(ResultSet rows) throws SQLException {
        return new Position(
                timeIndex == 0 ? null : time.text(rows, timeIndex),
                idIndex == 0 ? null : id(rows.getBigDecimal(idIndex)));
    }

    private static Long id(BigDecimal value) {
        return value == null ? null : value.longValueExact();
    }
}
