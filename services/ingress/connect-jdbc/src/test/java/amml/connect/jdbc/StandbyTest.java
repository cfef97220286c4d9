package amml.connect.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

import java.util.List;
import java.util.Map;

/** On a server that only repeats what another one writes; the table `air` is there. */
@Tag("standby")
@EnabledIfEnvironmentVariable(named = "AMML_TEST_POSTGRES", matches = ".+")
class StandbyTest {
    private final Server server = Server.named("AMML_TEST_POSTGRES");

    private List<String> faults(String... more) {
        Map<String, String> config =
                server.config(
                        "mode",
                        "timestamp",
                        "timestamp.column.name",
                        "at",
                        "table.whitelist",
                        "air");
        for (int i = 0; i < more.length; i += 2) {
            config.put(more[i], more[i + 1]);
        }
        return new JdbcSourceConnector()
                .validate(config).configValues().stream()
                        .flatMap(field -> field.errorMessages().stream())
                        .toList();
    }

    @Test
    void itIsRefusedAsItDoesNotKnowWhoWrites() {
        assertTrue(faults().get(0).startsWith("this server is a standby"), faults().toString());
    }

    @Test
    void itIsTakenWithADelayOrForAllRowsAtOnce() {
        assertEquals(List.of(), faults("timestamp.delay.interval.ms", "60000"));
        assertEquals(List.of(), faults("mode", "bulk"));
    }
}
