package amml.connect.jdbc;

import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientException;
import java.util.Set;

/** What went wrong in the database: whether it passes by itself, and how to say it. */
final class Faults {
    // 08 connection, 40 chosen as a victim, 53 no room, 57P a server that stops or starts
    private static final Set<String> PASSING_CLASSES = Set.of("08", "40", "53");
    private static final String SERVER_STOPS = "57P";
    private static final String REFUSED_LOGIN = "28";

    private Faults() {}

    /** Whether to try again, rather than to wait for somebody who repairs it. */
    static boolean passes(SQLException fault) {
        String state = state(fault);
        return fault instanceof SQLTransientException
                || fault instanceof SQLRecoverableException
                || state.startsWith(SERVER_STOPS)
                || state.length() > 1 && PASSING_CLASSES.contains(state.substring(0, 2));
    }

    static boolean isRefusedLogin(SQLException fault) {
        return state(fault).startsWith(REFUSED_LOGIN);
    }

    /** The driver's words on one line, without the password. */
    static String reason(SQLException fault, Settings settings) {
        String text = String.valueOf(fault.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
        String password = settings.password();
        return password.isEmpty() ? text : text.replace(password, "****");
    }

    private static String state(SQLException fault) {
        return fault.getSQLState() == null ? "" : fault.getSQLState();
    }
}
