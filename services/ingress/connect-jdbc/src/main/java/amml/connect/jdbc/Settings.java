package amml.connect.jdbc;

import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;

/** What a user may set, by the names and with the defaults of Confluent's JDBC source. */
final class Settings extends AbstractConfig {
    static final String URL = "connection.url";
    static final String USER = "connection.user";
    static final String PASSWORD_NAME = "connection.password";
    static final String MODE = "mode";
    static final String ID = "incrementing.column.name";
    static final String TIME = "timestamp.column.name";
    static final String INITIAL = "timestamp.initial";
    static final String DELAY = "timestamp.delay.interval.ms";
    static final String INCLUDED = "table.whitelist";
    static final String EXCLUDED = "table.blacklist";
    static final String TYPES = "table.types";
    static final String SCHEMA = "schema.pattern";
    static final String CATALOG = "catalog.pattern";
    static final String QUERY = "query";
    static final String PREFIX = "topic.prefix";
    static final String NON_NULL = "validate.non.null";
    static final String NUMBERS = "numeric.mapping";
    static final String ZONE = "db.timezone";
    static final String GRANULARITY = "timestamp.granularity";
    static final String QUOTE = "quote.sql.identifiers";
    static final String ATTEMPTS = "connection.attempts";
    static final String BACKOFF = "connection.backoff.ms";
    static final String POLL = "poll.interval.ms";
    static final String ROWS = "batch.max.rows";
    static final String TABLE_POLL = "table.poll.interval.ms";

    /** Of a task, from its connector: its share of the tables. */
    static final String TABLES = "amml.tables";

    static final ConfigDef DEFINITION =
            new Definition()
                    .needed(URL, JdbcUrl::problem, "The JDBC address of the database.")
                    .text(USER, "", "The database's user.")
                    .password(PASSWORD_NAME, "The user's password: ${secret:NAME}.")
                    .number(ATTEMPTS, 3, "Not used: what can pass is tried again without end.")
                    .number(BACKOFF, 10_000, "How long to wait before that.")
                    .needed(MODE, Definition.oneOf(Mode.words()), "How new rows are found.")
                    .checked(ID, "", Settings::severalNames, "Rises with each new row.")
                    .checked(TIME, "", Settings::severalNames, "When a row was written.")
                    .optionalNumber(INITIAL, "Where to begin, in ms since 1970; -1 is now.")
                    .number(DELAY, 0, "Younger rows are left for later.")
                    .list(INCLUDED, "", "The tables to read; nothing is all.")
                    .list(EXCLUDED, "", "The tables not to read.")
                    .list(TYPES, "TABLE", "TABLE, VIEW and so on.")
                    .text(SCHEMA, null, "Where to look for tables: a pattern with % and _.")
                    .text(CATALOG, null, "In which database to look for tables.")
                    .text(QUERY, "", "A select statement to read instead of tables.")
                    .needed(PREFIX, text -> "", "Begins a topic's name; all of it for a query.")
                    .number(POLL, 5_000, "How long to wait between two looks at a table.")
                    .number(ROWS, 100, "How many rows go into one transaction.")
                    .number(TABLE_POLL, 60_000, "How long to wait between two looks for tables.")
                    .choice(QUOTE, List.of("always", "never"), "Whether names are quoted.")
                    .yesNo(NON_NULL, true, "Whether ID and time must not allow null.")
                    .choice(NUMBERS, Numbers.words(), "What becomes of NUMERIC.")
                    .checked(ZONE, "UTC", Settings::noZone, "What a time without a zone means.")
                    .choice(GRANULARITY, Granularity.words(), "What becomes of timestamps.")
                    .list(TABLES, "", "Set by the connector.")
                    .done();

    /** What Connect itself reads from a connector's configuration. */
    private static final String FRAMEWORK =
            "name|(connector|task)\\.class|connector\\.plugin\\.version|tasks\\.max.*"
                    + "|config\\.action\\.reload|(key|value|header)\\.converter.*|transforms.*"
                    + "|predicates.*|errors\\..*|topic\\.creation\\..*|exactly\\.once\\.support"
                    + "|transaction\\.boundary.*|offsets\\.storage\\.topic";

    Settings(Map<String, String> given) {
        super(DEFINITION, given, false);
    }

    /** Names that nobody knows: they are ignored, and probably misspelt. */
    static Set<String> unknown(Set<String> names) {
        Set<String> left = new TreeSet<>(names);
        left.removeAll(DEFINITION.names());
        left.removeIf(name -> name.matches(FRAMEWORK));
        return left;
    }

    String url() {
        return getString(URL);
    }

    String password() {
        return getPassword(PASSWORD_NAME).value();
    }

    Properties login() {
        Properties login = new Properties();
        if (!getString(USER).isEmpty()) {
            login.setProperty("user", getString(USER));
            login.setProperty("password", password());
        }
        return login;
    }

    Mode mode() {
        return Mode.of(getString(MODE));
    }

    boolean readsQuery() {
        return !getString(QUERY).isBlank();
    }

    ZoneId zone() {
        return ZoneId.of(getString(ZONE));
    }

    Numbers numbers() {
        return Numbers.of(getString(NUMBERS));
    }

    Granularity granularity() {
        return Granularity.of(getString(GRANULARITY));
    }

    boolean quotes() {
        return getString(QUOTE).equals("always");
    }

    Duration backoff() {
        return Duration.ofMillis(getLong(BACKOFF));
    }

    Duration pollInterval() {
        return Duration.ofMillis(getLong(POLL));
    }

    Duration tablePollInterval() {
        return Duration.ofMillis(getLong(TABLE_POLL));
    }

    int batchRows() {
        return Math.max(1, Math.toIntExact(getLong(ROWS)));
    }

    Duration delay() {
        return Duration.ofMillis(getLong(DELAY));
    }

    /** Where a table without a position begins; null is at its first row. */
    Instant initial(Instant now) {
        Long initial = getLong(INITIAL);
        return initial == null ? null : initial == -1 ? now : Instant.ofEpochMilli(initial);
    }

    List<Table> tables() {
        return getList(TABLES).stream().map(Table::decoded).toList();
    }

    private static String noZone(String name) {
        try {
            ZoneId.of(name);
            return "";
        } catch (DateTimeException fault) {
            return "no such time zone" + Nearest.hint(name, ZoneId.getAvailableZoneIds());
        }
    }

    private static String severalNames(String text) {
        return text.contains(",") ? "one column is taken; a query can coalesce several" : "";
    }
}
