package amml.connect.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiPredicate;
import java.util.stream.Stream;

/** The tables and views of a database, and which of them were asked for. */
final class Tables {
    private static final List<String> KINDS =
            List.of(
                    "TABLE",
                    "VIEW",
                    "MATERIALIZED VIEW",
                    "PARTITIONED TABLE",
                    "FOREIGN TABLE",
                    "BASE TABLE");

    private final List<Table> all;
    private final List<String> types;
    private final String here;

    private Tables(List<Table> all, List<String> types, String here) {
        this.all = all;
        this.types = types;
        this.here = here;
    }

    static Tables of(Connection connection, Dialect dialect, Settings settings)
            throws SQLException {
        boolean byCatalog = dialect.namesCatalog();
        String catalog = settings.getString(Settings.CATALOG);
        String current =
                Objects.toString(byCatalog ? connection.getCatalog() : connection.getSchema(), "");
        List<String> types = settings.getList(Settings.TYPES).stream().map(Tables::type).toList();
        String[] kinds =
                Stream.concat(KINDS.stream(), types.stream()).distinct().toArray(String[]::new);
        List<Table> all = new ArrayList<>();
        try (ResultSet rows =
                connection
                        .getMetaData()
                        .getTables(
                                byCatalog && catalog == null ? current : catalog,
                                settings.getString(Settings.SCHEMA),
                                "%",
                                kinds)) {
            while (rows.next()) {
                all.add(table(rows, byCatalog));
            }
        }
        return new Tables(all, types, current);
    }

    private static Table table(ResultSet row, boolean byCatalog) throws SQLException {
        String catalog = byCatalog ? Objects.toString(row.getString("TABLE_CAT"), "") : "";
        String schema = byCatalog ? "" : Objects.toString(row.getString("TABLE_SCHEM"), "");
        String name = row.getString("TABLE_NAME");
        return new Table(catalog, schema, name, type(row.getString("TABLE_TYPE")), name);
    }

    /** What one database calls a base table is a table everywhere else. */
    private static String type(String type) {
        return type.equals("BASE TABLE") ? "TABLE" : type;
    }

    /** Those that the settings ask for; names that lead to none are left out. */
    List<Table> chosen(Settings settings) {
        List<String> included = settings.getList(Settings.INCLUDED);
        if (!included.isEmpty()) {
            return included.stream().flatMap(name -> find(name).stream()).toList();
        }
        List<String> excluded = settings.getList(Settings.EXCLUDED);
        return ofTypes(all).stream()
                .filter(
                        table ->
                                excluded.stream()
                                        .noneMatch(
                                                name -> is(table, name, String::equalsIgnoreCase)))
                .toList();
    }

    /**
     * The tables that a name can mean, of the types that were asked for; better one than several.
     *
     * <p>A name without a schema means the current one. Where no table has it to the letter, case
     * does not count: databases fold names that are not quoted.
     */
    List<Table> find(String name) {
        List<Table> found = ofTypes(named(name));
        List<Table> nearby = found.stream().filter(table -> table.parts().contains(here)).toList();
        return (nearby.size() == 1 ? nearby : found)
                .stream().map(table -> table.asked(name)).toList();
    }

    /** Those of any type. */
    List<Table> named(String name) {
        List<Table> exact = all.stream().filter(table -> is(table, name, String::equals)).toList();
        return exact.isEmpty()
                ? all.stream().filter(table -> is(table, name, String::equalsIgnoreCase)).toList()
                : exact;
    }

    List<String> names() {
        return ofTypes(all).stream().map(Table::name).toList();
    }

    private List<Table> ofTypes(List<Table> tables) {
        return tables.stream().filter(table -> types.contains(table.type())).toList();
    }

    private static boolean is(Table table, String name, BiPredicate<String, String> equal) {
        return equal.test(table.name(), name) || equal.test(table.full(), name);
    }
}
