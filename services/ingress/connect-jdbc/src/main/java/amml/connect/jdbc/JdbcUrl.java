package amml.connect.jdbc;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which addresses are taken: of the databases we know, with parameters that do no harm.
 *
 * <p>Drivers have others that load a class, write a file or send one of ours to the server. Who may
 * register a connector may not thereby run programs on the worker: what is not listed is refused.
 */
enum JdbcUrl {
    POSTGRES(
            "jdbc:postgresql://[\\w.:,\\[\\]-]*/[^?&;#/]*",
            PostgresDialect::new,
            "ssl sslmode sslrootcert sslcert sslkey currentSchema connectTimeout socketTimeout"
                    + " loginTimeout targetServerType loadBalanceHosts hostRecheckSeconds"
                    + " gssEncMode channelBinding"),
    MARIADB(
            "jdbc:(?:mariadb|mysql)://[\\w.:,\\[\\]-]*/[^?&;#/]*",
            MariaDbDialect::new,
            "sslMode useSsl useSSL serverSslCert connectTimeout socketTimeout tinyInt1isBit"
                    + " useUnicode characterEncoding serverTimezone allowPublicKeyRetrieval"),
    SQLITE("jdbc:sqlite:(?!file:|:)[^?&;#]+", SqliteDialect::new, "");

    private static final Set<String> LOGIN = Set.of("user", "password");
    private static final List<String> EXAMPLES =
            List.of(
                    "jdbc:postgresql://HOST:5432/DATABASE",
                    "jdbc:mariadb://HOST:3306/DATABASE",
                    "jdbc:sqlite:FILE");

    private final Pattern address;
    private final Supplier<Dialect> dialect;
    private final Set<String> parameters;

    JdbcUrl(String address, Supplier<Dialect> dialect, String parameters) {
        this.address = Pattern.compile("(?:" + address + ")(?:\\?(.*))?");
        this.dialect = dialect;
        this.parameters = parameters.isEmpty() ? Set.of() : Set.of(parameters.split(" "));
    }

    /** What is wrong with an address, or "". It is not repeated: it may hold a password. */
    static String problem(String url) {
        for (JdbcUrl each : values()) {
            Matcher matcher = each.address.matcher(url);
            if (matcher.matches()) {
                return each.problemOf(matcher.group(1));
            }
        }
        return "no address that is known here: write " + String.join(", ", EXAMPLES);
    }

    static Dialect dialect(String url) {
        return Arrays.stream(values())
                .filter(each -> each.address.matcher(url).matches())
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(problem(url)))
                .dialect
                .get();
    }

    private String problemOf(String query) {
        for (String each : query == null || query.isEmpty() ? new String[0] : query.split("&")) {
            String name = each.split("=", 2)[0];
            if (LOGIN.contains(name)) {
                return "`"
                        + name
                        + "` belongs into "
                        + Settings.USER
                        + " and "
                        + Settings.PASSWORD_NAME;
            }
            if (!parameters.contains(name)) {
                return "the parameter `"
                        + name
                        + "` is not allowed"
                        + Nearest.hint(name, parameters);
            }
        }
        return "";
    }
}
