package amml.connect.jdbc;

import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Rows of tables, views or a query become records; new rows are asked for again and again. */
public final class JdbcSourceConnector extends SourceConnector {
    static final String VERSION =
            Objects.requireNonNullElse(
                    JdbcSourceConnector.class.getPackage().getImplementationVersion(),
                    "unreleased");

    private static final Logger LOG = LoggerFactory.getLogger(JdbcSourceConnector.class);

    private Map<String, String> given;
    private Settings settings;
    private TableMonitor monitor;

    @Override
    public String version() {
        return VERSION;
    }

    @Override
    public ConfigDef config() {
        return Settings.DEFINITION;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return JdbcSourceTask.class;
    }

    /** All modes but bulk have a position, which is kept in the transaction of its rows. */
    @Override
    public ExactlyOnceSupport exactlyOnceSupport(Map<String, String> given) {
        boolean bulk = Mode.BULK.word.equals(given.get(Settings.MODE));
        return bulk ? ExactlyOnceSupport.UNSUPPORTED : ExactlyOnceSupport.SUPPORTED;
    }

    @Override
    public Config validate(Map<String, String> given) {
        Config config = super.validate(given);
        boolean sound =
                config.configValues().stream().allMatch(field -> field.errorMessages().isEmpty());
        if (sound) {
            new Checks(config, new Settings(given)).run();
        }
        return config;
    }

    @Override
    public void start(Map<String, String> given) {
        this.given = given;
        settings = new Settings(given);
        Settings.unknown(given.keySet())
                .forEach(name -> LOG.warn("{} is not known here and is ignored", name));
        if (!settings.readsQuery()) {
            monitor = new TableMonitor(settings, context());
            monitor.start();
        }
    }

    @Override
    public List<Map<String, String>> taskConfigs(int most) {
        if (settings.readsQuery()) {
            return List.of(given);
        }
        List<String> tables = monitor.tables().stream().map(Table::encoded).toList();
        int count = Math.min(most, tables.size());
        List<Map<String, String>> tasks = new ArrayList<>();
        for (int task = 0; task < count; task++) {
            Map<String, String> config = new HashMap<>(given);
            config.put(Settings.TABLES, share(tables, task, count));
            tasks.add(config);
        }
        return tasks;
    }

    @Override
    public void stop() {
        if (monitor != null) {
            monitor.stop();
        }
    }

    private static String share(List<String> tables, int task, int count) {
        List<String> share = new ArrayList<>();
        for (int i = task; i < tables.size(); i += count) {
            share.add(tables.get(i));
        }
        return String.join(",", share);
    }
}
