package amml.connect.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;

class SqliteFenceTest {
    @TempDir Path folder;

    @Test
    void whoStillWritesAnOlderTimeIsWaitedFor() throws Exception {
        SqliteFile file =
                SqliteFile.in(folder)
                        .run(
                                "create table air (co2 integer, at timestamp not null)",
                                "insert into air values (1, '2026-01-01 00:00:00')");
        try (Worker worker =
                        Worker.of(file.config("mode", "timestamp", "timestamp.column.name", "at"));
                Connection writer = file.connect()) {
            Server.execute(writer, "begin", "insert into air values (2, '2026-01-01 00:00:00')");
            assertEquals(List.of(), worker.during(20));
            Server.execute(writer, "commit");
            assertEquals(List.of(1L, 2L), Worker.column(worker.records(2), "co2"));
        }
    }
}
