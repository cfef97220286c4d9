package amml.connect.jdbc;

import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigValue;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Checks that need the database; each fault is put at the field that has to be changed. */
final class Checks {
    private static final Set<Integer> INTEGERS =
            Set.of(Types.TINYINT, Types.SMALLINT, Types.INTEGER, Types.BIGINT);
    private static final Set<Integer> NUMBERS = Set.of(Types.NUMERIC, Types.DECIMAL);
    private static final Set<Integer> TIMES =
            Set.of(Types.TIMESTAMP, Types.TIMESTAMP_WITH_TIMEZONE);
    private static final int LOOK_SECONDS = 5;

    private final Map<String, ConfigValue> fields;
    private final Settings settings;
    private final Dialect dialect;
    private Connection connection;

    Checks(Config config, Settings settings) {
        this.fields =
                config.configValues().stream()
                        .collect(Collectors.toMap(ConfigValue::name, field -> field));
        this.settings = settings;
        this.dialect = JdbcUrl.dialect(settings.url());
    }

    /** Adds what is wrong to the fields of the configuration. */
    void run() {
        checkChoice();
        try (Connection opened = dialect.connect(settings)) {
            connection = opened;
            checkReach();
            if (settings.readsQuery()) {
                checkColumns(Source.ofQuery(settings, connection), Settings.QUERY, false);
            } else {
                checkTables();
            }
        } catch (SQLException fault) {
            String field = Faults.isRefusedLogin(fault) ? Settings.USER : Settings.URL;
            tell(field, Faults.reason(fault, settings));
        }
    }

    private void checkChoice() {
        if (settings.mode().byTime && settings.getString(Settings.TIME).isEmpty()) {
            tell(Settings.TIME, "mode " + settings.mode().word + " needs the name of a column");
        }
        boolean tables =
                !settings.getList(Settings.INCLUDED).isEmpty()
                        || !settings.getList(Settings.EXCLUDED).isEmpty();
        if (settings.readsQuery() && tables) {
            tell(Settings.QUERY, "give a query or tables, not both");
        }
    }

    private void checkReach() throws SQLException {
        String blind = settings.mode() == Mode.BULK ? "" : dialect.blindness(connection);
        boolean waits = settings.mode().byTime && !settings.delay().isZero();
        if (!blind.isEmpty() && !waits) {
            tell(
                    Settings.URL,
                    blind
                            + ", so transactions that are open on the primary cannot be seen and"
                            + " rows would be missed: name the primary, or use mode timestamp with"
                            + " a "
                            + Settings.DELAY);
        }
    }

    private void checkTables() throws SQLException {
        Tables tables = Tables.of(connection, dialect, settings);
        settings.getList(Settings.INCLUDED).forEach(name -> checkName(tables, name));
        for (Table table : tables.chosen(settings)) {
            boolean view = !table.type().endsWith("TABLE");
            checkColumns(Source.of(table, settings, connection), Settings.INCLUDED, view);
        }
    }

    private void checkName(Tables tables, String name) {
        List<Table> found = tables.find(name);
        List<Table> others = tables.named(name);
        if (found.size() > 1) {
            tell(
                    Settings.INCLUDED,
                    "there is more than one "
                            + name
                            + ": write one of "
                            + String.join(", ", found.stream().map(Table::full).toList()));
        } else if (found.isEmpty() && !others.isEmpty()) {
            String type = others.get(0).type();
            tell(
                    Settings.TYPES,
                    others.get(0).full()
                            + " is a "
                            + type
                            + ": write "
                            + Settings.TYPES
                            + "="
                            + type);
        } else if (found.isEmpty()) {
            tell(
                    Settings.INCLUDED,
                    "there is no table " + name + Nearest.hint(name, tables.names()));
        }
    }

    private void checkColumns(Source source, String field, boolean view) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("select * from " + source.sql() + " where 1 = 0")) {
            ResultSetMetaData columns = rows.getMetaData();
            boolean unknownNulls = view || settings.readsQuery();
            if (settings.mode().byId) {
                checkColumn(source, columns, Settings.ID, unknownNulls);
            }
            if (settings.mode().byTime && !settings.getString(Settings.TIME).isEmpty()) {
                checkColumn(source, columns, Settings.TIME, unknownNulls);
            }
        } catch (SQLException fault) {
            if (Faults.passes(fault)) {
                throw fault;
            }
            tell(field, Faults.reason(fault, settings));
        }
    }

    private void checkColumn(
            Source source, ResultSetMetaData columns, String field, boolean unknownNulls)
            throws SQLException {
        String name = settings.getString(field);
        int index = Cursor.index(columns, name);
        if (index == 0) {
            tell(field, Cursor.missing(source, name, columns));
            return;
        }
        String what = columns.getColumnLabel(index) + " of " + source.name();
        int type = dialect.type(columns, index);
        if (field.equals(Settings.ID) && !isWhole(columns, index, type)) {
            tell(field, what + " is no whole number: " + columns.getColumnTypeName(index));
        } else if (field.equals(Settings.TIME) && !TIMES.contains(type)) {
            tell(field, what + " is no timestamp: " + columns.getColumnTypeName(index));
        } else if (settings.getBoolean(Settings.NON_NULL)) {
            checkNulls(source, columns, index, field, unknownNulls);
        }
    }

    private static boolean isWhole(ResultSetMetaData columns, int index, int type)
            throws SQLException {
        return INTEGERS.contains(type) || NUMBERS.contains(type) && columns.getScale(index) == 0;
    }

    /** A view does not say whether a column can be null: there, one looks for a row. */
    private void checkNulls(
            Source source, ResultSetMetaData columns, int index, String field, boolean unknown)
            throws SQLException {
        String name = columns.getColumnLabel(index);
        if (columns.isNullable(index) == ResultSetMetaData.columnNoNulls) {
            return;
        }
        if (!unknown) {
            tell(
                    field,
                    name
                            + " of "
                            + source.name()
                            + " can be null, and such rows would never be read: make it "
                            + "NOT NULL, or set "
                            + Settings.NON_NULL
                            + "=false");
        } else if (hasNull(source, name)) {
            tell(
                    field,
                    source.name()
                            + " has rows without "
                            + name
                            + ", and they would never be read: leave them out, "
                            + "or set "
                            + Settings.NON_NULL
                            + "=false");
        }
    }

    private boolean hasNull(Source source, String column) {
        String sql =
                "select 1 from "
                        + source.sql()
                        + " where "
                        + source.quoted(column)
                        + " is null limit 1";
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(LOOK_SECONDS);
            try (ResultSet rows = statement.executeQuery(sql)) {
                return rows.next();
            }
        } catch (SQLException fault) {
            return false; // a view that takes longer is not worth the wait
        }
    }

    private void tell(String field, String problem) {
        fields.get(field).addErrorMessage(problem);
    }
}
