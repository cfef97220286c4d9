package amml.connect.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What is read: a table or a query.
 *
 * @param sql what follows `from`.
 * @param name in messages.
 * @param topic where its rows go.
 * @param schemaName of the records; null for a query.
 * @param partition by which Connect keeps the position.
 * @param quote around a name; empty if names stand as they are.
 */
record Source(
        String sql,
        String name,
        String topic,
        String schemaName,
        Map<String, String> partition,
        String quote) {
    static Source of(Table table, Settings settings, Connection connection) throws SQLException {
        String quote = quote(settings, connection);
        String sql =
                table.parts().stream()
                        .map(part -> quoted(part, quote))
                        .collect(Collectors.joining("."));
        String topic = settings.getString(Settings.PREFIX) + table.asked();
        return new Source(
                sql, table.full(), topic, table.name(), Map.of("table", table.full()), quote);
    }

    static Source ofQuery(Settings settings, Connection connection) throws SQLException {
        String query = settings.getString(Settings.QUERY).strip().replaceFirst(";$", "");
        return new Source(
                "(\n" + query + "\n) amml_query",
                "the query",
                settings.getString(Settings.PREFIX),
                null,
                Map.of("query", "query"),
                quote(settings, connection));
    }

    String quoted(String name) {
        return quoted(name, quote);
    }

    private static String quoted(String name, String quote) {
        return quote.isEmpty() ? name : quote + name.replace(quote, quote + quote) + quote;
    }

    private static String quote(Settings settings, Connection connection) throws SQLException {
        return settings.quotes() ? connection.getMetaData().getIdentifierQuoteString().strip() : "";
    }
}
