package amml.connect.jdbc;

import org.apache.kafka.connect.connector.ConnectorContext;
import org.apache.kafka.connect.errors.ConnectException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** Looks now and then which tables there are; if others than before, the tasks are made anew. */
final class TableMonitor {
    private static final Logger LOG = LoggerFactory.getLogger(TableMonitor.class);

    private final Settings settings;
    private final ConnectorContext context;
    private final Thread thread = new Thread(this::run, "amml-jdbc-tables");
    private volatile List<Table> tables = List.of();

    TableMonitor(Settings settings, ConnectorContext context) {
        this.settings = settings;
        this.context = context;
        thread.setDaemon(true);
    }

    /**
     * Looks once, and goes on in a thread of its own. A database that does not answer is asked
     * again; there are no tasks until then.
     */
    void start() {
        look();
        thread.start();
    }

    void stop() {
        thread.interrupt();
    }

    List<Table> tables() {
        return tables;
    }

    private void run() {
        boolean reached = !tables.isEmpty();
        try {
            while (true) {
                Duration pause = reached ? settings.tablePollInterval() : settings.backoff();
                Thread.sleep(Math.max(100, pause.toMillis()));
                List<Table> before = tables;
                reached = look();
                if (!tables.equals(before)) {
                    LOG.info(
                            "other tables than before: {}",
                            tables.stream().map(Table::full).toList());
                    context.requestTaskReconfiguration();
                }
            }
        } catch (InterruptedException stopped) {
            LOG.debug("stopped");
        } catch (ConnectException fault) {
            context.raiseError(fault);
        }
    }

    /** Whether the database answered. */
    private boolean look() {
        Dialect dialect = JdbcUrl.dialect(settings.url());
        try (Connection connection = dialect.connect(settings)) {
            Tables all = Tables.of(connection, dialect, settings);
            tables = all.chosen(settings);
            settings.getList(Settings.INCLUDED).stream()
                    .filter(name -> all.find(name).isEmpty())
                    .forEach(name -> LOG.warn("there is no table {} to read", name));
            return true;
        } catch (SQLException fault) {
            String reason = Faults.reason(fault, settings);
            if (!Faults.passes(fault)) {
                throw new ConnectException("the database says: " + reason);
            }
            LOG.warn("cannot look for tables: {}", reason);
            return false;
        }
    }
}
