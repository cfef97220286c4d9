package amml.connect.jdbc;

import static org.apache.kafka.common.config.ConfigDef.Importance.HIGH;
import static org.apache.kafka.common.config.ConfigDef.Importance.LOW;
import static org.apache.kafka.common.config.ConfigDef.Importance.MEDIUM;
import static org.apache.kafka.common.config.ConfigDef.NO_DEFAULT_VALUE;
import static org.apache.kafka.common.config.ConfigDef.Type.BOOLEAN;
import static org.apache.kafka.common.config.ConfigDef.Type.INT;
import static org.apache.kafka.common.config.ConfigDef.Type.LIST;
import static org.apache.kafka.common.config.ConfigDef.Type.LONG;
import static org.apache.kafka.common.config.ConfigDef.Type.PASSWORD;
import static org.apache.kafka.common.config.ConfigDef.Type.STRING;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;

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

    /** Of a task, from its connector: its share of the tables. */
    static final String TABLES = "amml.tables";

    private static final Validator MODES = oneOf(Mode.words());
    private static final Validator MAPPINGS = oneOf(Numbers.words());
    private static final Validator GRANULARITIES = oneOf(Granularity.words());
    private static final Validator QUOTES = oneOf(List.of("always", "never"));
    private static final Validator ADDRESS = check(JdbcUrl::problem);
    private static final Validator ZONE_NAME = check(Settings::zoneProblem);
    private static final Validator ONE_NAME =
            check(text -> text.contains(",") ? "one column is taken; a query can coalesce several" : "");
    private static final Validator POSITIVE = ConfigDef.Range.atLeast(1);
    private static final Validator NOT_NEGATIVE = ConfigDef.Range.atLeast(0);

    static final ConfigDef DEFINITION =
            new ConfigDef()
                    .define(URL, STRING, NO_DEFAULT_VALUE, ADDRESS, HIGH, "The JDBC address of the database.")
                    .define(USER, STRING, "", HIGH, "The database's user.")
                    .define(PASSWORD_NAME, PASSWORD, "", HIGH, "The user's password: ${secret:NAME}.")
                    .define("connection.attempts", INT, 3, POSITIVE, LOW, "How often a connection is tried before its fault is told; a running task goes on trying.")
                    .define("connection.backoff.ms", LONG, 10_000L, NOT_NEGATIVE, LOW, "How long to wait between two tries.")
                    .define(MODE, STRING, NO_DEFAULT_VALUE, MODES, HIGH, "How new rows are found.")
                    .define(ID, STRING, "", ONE_NAME, MEDIUM, "A column whose values rise with each new row. Empty: the one that the database counts itself.")
                    .define(TIME, STRING, "", ONE_NAME, MEDIUM, "A column with the time at which a row was written or changed.")
                    .define(INITIAL, LONG, null, LOW, "Where to begin, in milliseconds since 1970; -1 is now, nothing is the first row.")
                    .define(DELAY, LONG, 0L, NOT_NEGATIVE, MEDIUM, "Rows younger than this are left for later: for times that come from another clock than the database's.")
                    .define(INCLUDED, LIST, List.of(), MEDIUM, "The tables to read; nothing is all.")
                    .define(EXCLUDED, LIST, List.of(), MEDIUM, "The tables not to read.")
                    .define(TYPES, LIST, List.of("TABLE"), MEDIUM, "TABLE, VIEW and so on.")
                    .define(SCHEMA, STRING, null, MEDIUM, "Where to look for tables: a pattern with % and _.")
                    .define(CATALOG, STRING, null, MEDIUM, "In which database to look for tables.")
                    .define(QUERY, STRING, "", MEDIUM, "A select statement to read instead of tables.")
                    .define(PREFIX, STRING, NO_DEFAULT_VALUE, HIGH, "Begins the topics' names; the whole name for a query.")
                    .define("poll.interval.ms", INT, 5_000, NOT_NEGATIVE, HIGH, "How long to wait between two looks at a table.")
                    .define("batch.max.rows", INT, 100, POSITIVE, LOW, "How many rows go into one transaction; more if they cannot be told apart.")
                    .define("table.poll.interval.ms", LONG, 60_000L, POSITIVE, LOW, "How long to wait between two looks for new tables.")
                    .define(QUOTE, STRING, "always", QUOTES, MEDIUM, "Whether names are quoted.")
                    .define(NON_NULL, BOOLEAN, true, LOW, "Whether the columns by which rows are found must not allow null.")
                    .define(NUMBERS, STRING, "none", MAPPINGS, LOW, "What becomes of NUMERIC.")
                    .define(ZONE, STRING, "UTC", ZONE_NAME, MEDIUM, "What a time without a zone means.")
                    .define(GRANULARITY, STRING, "connect_logical", GRANULARITIES, LOW, "What becomes of timestamps.")
                    .define(TABLES, LIST, List.of(), LOW, "Set by the connector.");

    /** What Connect itself reads from a connector's configuration. */
    private static final String FRAMEWORK =
            "name|connector\\.class|connector\\.plugin\\.version|tasks\\.max.*|task\\.class|config\\.action\\.reload"
                    + "|(key|value|header)\\.converter.*|transforms.*|predicates.*|errors\\..*|topic\\.creation\\..*"
                    + "|exactly\\.once\\.support|transaction\\.boundary.*|offsets\\.storage\\.topic";

    Settings(Map<String, String> given) {
        super(DEFINITION, given, false);
    }

    /** Names that nobody knows: they are ignored, and probably misspelt. */
    static Set<String> unknown(Set<String> names) {
        Set<String> left = new java.util.TreeSet<>(names);
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

    int attempts() {
        return getInt("connection.attempts");
    }

    Duration backoff() {
        return Duration.ofMillis(getLong("connection.backoff.ms"));
    }

    Duration pollInterval() {
        return Duration.ofMillis(getInt("poll.interval.ms"));
    }

    Duration tablePollInterval() {
        return Duration.ofMillis(getLong("table.poll.interval.ms"));
    }

    int batchRows() {
        return getInt("batch.max.rows");
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

    private static String zoneProblem(String name) {
        try {
            ZoneId.of(name);
            return "";
        } catch (java.time.DateTimeException unknown) {
            return "no such time zone" + Nearest.hint(name, ZoneId.getAvailableZoneIds());
        }
    }

    private static Validator oneOf(List<String> words) {
        return check(word -> words.contains(word) ? "" : "no such choice" + Nearest.hint(word, words));
    }

    /** A check that answers what is wrong. The value is not repeated, as it may hold a password. */
    private static Validator check(UnaryOperator<String> problem) {
        return (name, value) -> {
            String found = value == null ? "" : problem.apply((String) value);
            if (!found.isEmpty()) {
                throw new ConfigException(name + ": " + found);
            }
        };
    }
}
