package amml.connect.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.sql.SQLException;
import java.util.Map;

class FaultsTest {
    @ParameterizedTest
    @CsvSource({
        "08006, true", // the connection broke
        "57P01, true", // the server is stopped
        "57P03, true", // it starts
        "53300, true", // too many connections
        "40001, true", // chosen as a victim
        "28P01, false", // a wrong password
        "42P01, false", // no such table
        "3D000, false", // no such database
        ", false",
    })
    void whatPassesByItselfIsTriedAgain(String state, boolean passes) {
        assertEquals(passes, Faults.passes(new SQLException("", state)));
    }

    @Test
    void theReasonIsOneLineWithoutThePassword() {
        Settings settings =
                new Settings(
                        Map.of(
                                Settings.URL, "jdbc:sqlite:x",
                                Settings.MODE, "bulk",
                                Settings.PREFIX, "hall.",
                                Settings.PASSWORD_NAME, "swordfish"));
        SQLException fault = new SQLException("no entry for\n  swordfish");
        assertEquals("no entry for ****", Faults.reason(fault, settings));
    }
}
