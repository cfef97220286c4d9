package amml.connect.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What holds on every server whose transactions commit out of order. */
abstract class OverlapRules {
    private static final int WRITERS = 10;
    private static final int TRANSACTIONS = 30;
    private static final int ROWS = 5;

    final Server server;
    private final String columns;
    private final String addition;
    final List<Connection> open = new ArrayList<>();

    /** `addition` adds the column `room`. */
    OverlapRules(String variable, String columns, String addition) {
        this.server = Server.named(variable);
        this.addition = addition;
        this.columns = columns;
    }

    @BeforeEach
    void makeTable() throws Exception {
        server.run("drop table if exists air", "create table air (" + columns + ")");
    }

    @AfterEach
    void endTransactions() throws Exception {
        for (Connection each : open) {
            each.close();
        }
    }

    Map<String, String> config(Mode mode) {
        return server.config(
                "mode",
                mode.word,
                "incrementing.column.name",
                "id",
                "timestamp.column.name",
                "at",
                "table.whitelist",
                "air");
    }

    Connection begin(String... statements) throws Exception {
        Connection writer = server.writer();
        open.add(writer);
        Server.execute(writer, statements);
        return writer;
    }

    private static String insert(int co2) {
        return "insert into air (co2) values (" + co2 + ")";
    }

    private List<Object> readAcrossTwoTransactions(Worker worker) throws Exception {
        Connection earlier = begin(insert(1));
        Connection later = begin(insert(2));
        later.commit();
        List<Object> read = new ArrayList<>(Worker.column(worker.meanwhile(), "co2"));
        earlier.commit();
        read.addAll(Worker.column(worker.meanwhile(), "co2"));
        return read;
    }

    @Test
    void theLaterIdCommittedFirstLosesNoRow() throws Exception {
        try (Worker worker = Worker.of(config(Mode.INCREMENTING))) {
            assertEquals(List.of(1, 2), readAcrossTwoTransactions(worker));
        }
    }

    @Test
    void theLaterTimeCommittedFirstLosesNoRow() throws Exception {
        try (Worker worker = Worker.of(config(Mode.TIMESTAMP))) {
            assertEquals(List.of(1, 2), readAcrossTwoTransactions(worker));
        }
    }

    @Test
    void theLaterTimeAndIdCommittedFirstLosesNoRow() throws Exception {
        try (Worker worker = Worker.of(config(Mode.TIMESTAMP_INCREMENTING))) {
            assertEquals(List.of(1, 2), readAcrossTwoTransactions(worker));
        }
    }

    @Test
    void withoutTheFenceARowIsLostById() throws Exception {
        try (Worker worker = server.withoutFence(config(Mode.INCREMENTING))) {
            assertEquals(List.of(2), readAcrossTwoTransactions(worker));
        }
    }

    @Test
    void withoutTheFenceARowIsLostByTime() throws Exception {
        try (Worker worker = server.withoutFence(config(Mode.TIMESTAMP_INCREMENTING))) {
            assertEquals(List.of(2), readAcrossTwoTransactions(worker));
        }
    }

    @Test
    void whatIsRolledBackIsNotWaitedForAnyLonger() throws Exception {
        try (Worker worker = Worker.of(config(Mode.INCREMENTING))) {
            Connection failing = begin(insert(1));
            begin(insert(2)).commit();
            assertEquals(List.of(), worker.meanwhile());
            failing.rollback();
            assertEquals(List.of(2), Worker.column(worker.records(1), "co2"));
        }
    }

    @Test
    void whoBeginsAfterTheBoundIsNotWaitedFor() throws Exception {
        try (Worker worker = Worker.of(config(Mode.INCREMENTING))) {
            Connection blocking = begin(insert(1));
            begin(insert(2)).commit();
            assertEquals(List.of(), worker.meanwhile());
            begin(insert(3));
            blocking.commit();
            assertEquals(List.of(1, 2), Worker.column(worker.records(2), "co2"));
        }
    }

    @Test
    void aColumnThatIsAddedShowsInTheNextRound() throws Exception {
        try (Worker worker = Worker.of(config(Mode.TIMESTAMP_INCREMENTING))) {
            for (int round = 0; round < 8; round++) { // drivers change their ways after five
                begin(insert(round)).commit();
                worker.records(1);
            }
            server.run(addition);
            begin("insert into air (co2, room) values (9, 'attic')").commit();
            List<SourceRecord> records = worker.records(1);
            assertEquals(List.of("attic"), Worker.column(records, "room"));
            assertEquals(List.of(9), Worker.column(records, "co2"));
            assertEquals(List.of(), worker.meanwhile());
        }
    }

    @Test
    void tenWritersLoseNothingByIdEvenIfTheTaskIsMadeAnew() throws Exception {
        assertNothingIsLost(Mode.INCREMENTING);
    }

    @Test
    void tenWritersLoseNothingByTime() throws Exception {
        assertNothingIsLost(Mode.TIMESTAMP_INCREMENTING);
    }

    private void assertNothingIsLost(Mode mode) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
        List<Future<?>> writers = new ArrayList<>();
        for (int writer = 0; writer < WRITERS; writer++) {
            int first = writer * TRANSACTIONS * ROWS;
            writers.add(threads.submit(() -> write(first)));
        }
        threads.shutdown();
        int rows = WRITERS * TRANSACTIONS * ROWS;
        Map<Object, Map<String, ?>> kept = new HashMap<>();
        List<Object> read = new ArrayList<>();
        while (read.size() < rows) {
            try (Worker worker = Worker.of(config(mode), kept)) {
                int wanted = Math.min(rows - read.size(), rows / 4);
                read.addAll(Worker.column(worker.records(wanted), "co2"));
            }
        }
        for (Future<?> each : writers) {
            each.get();
        }
        Set<Object> distinct = new TreeSet<>(read);
        assertEquals(rows, distinct.size());
        assertEquals(rows, read.size());
    }

    private Void write(int first) throws Exception {
        Random random = new Random(first);
        try (Connection connection = server.writer()) {
            for (int transaction = 0; transaction < TRANSACTIONS; transaction++) {
                for (int row = 0; row < ROWS; row++) {
                    Server.execute(connection, insert(first + transaction * ROWS + row));
                    Thread.sleep(random.nextInt(8));
                }
                connection.commit();
            }
        }
        return null;
    }
}
