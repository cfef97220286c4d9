package amml.connect.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

import java.sql.Connection;
import java.sql.ResultSet;
import java.util.List;
import java.util.Map;

/** On a server that allows transactions to be prepared. */
@Tag("prepared")
@EnabledIfEnvironmentVariable(named = "AMML_TEST_POSTGRES", matches = ".+")
class PreparedTest {
    private final Server server = Server.named("AMML_TEST_POSTGRES");
    private Connection preparing;

    @BeforeEach
    void makeTable() throws Exception {
        server.run(
                "drop table if exists air",
                "create table air (id serial primary key, co2 int, at timestamptz not null default"
                        + " now())");
        preparing = server.writer();
    }

    /** One that was left would keep the table for ever. */
    @AfterEach
    void end() throws Exception {
        preparing.close();
        try (Connection connection = server.connect();
                ResultSet left =
                        connection
                                .createStatement()
                                .executeQuery("select gid from pg_prepared_xacts")) {
            while (left.next()) {
                server.run("rollback prepared '" + left.getString(1) + "'");
            }
        }
    }

    private void read(Mode mode) throws Exception {
        Map<String, String> config =
                server.config(
                        "mode", mode.word, "timestamp.column.name", "at", "table.whitelist", "air");
        try (Worker worker = Worker.of(config)) {
            // Of these two, the one that is committed later has the later number of a transaction:
            // a horizon of such numbers would not show it.
            Server.execute(preparing, "select nextval('air_id_seq')");
            server.run("insert into air (co2) values (2)");
            assertEquals(List.of(), worker.meanwhile());
            Server.execute(
                    preparing,
                    "insert into air (id, co2) values (1, 1)",
                    "prepare transaction 'amml'");
            assertEquals(List.of(), worker.meanwhile());
            server.run("commit prepared 'amml'");
            assertEquals(List.of(1, 2), Worker.column(worker.records(2), "co2"));
        }
    }

    @Test
    void byIdAPreparedTransactionIsWaitedFor() throws Exception {
        read(Mode.INCREMENTING);
    }

    @Test
    void byTimeAPreparedTransactionIsWaitedFor() throws Exception {
        read(Mode.TIMESTAMP);
    }
}
