import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The benchmark's workloads in Kafka Streams, exactly once.
 *
 * <p>Arguments: bootstrap servers, state folder, warm-up and count of records (0: for ever),
 * workload, and topics: one more than there are hops. Each hop is an application of its own; all
 * run in this process and share its compiled code. The process ends when the last hop has seen
 * `count` records, and prints `ready` at the first that counts. `-Dcommit=20` sets the commit
 * interval; without it, it is Kafka Streams' own.
 */
public final class Streams {
    private static final JsonMapper JSON =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
                                    .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
                                    .build())
                    .build();
    private static final Serde<ObjectNode> ROW = Serdes.serdeFrom((topic, row) -> write(row), (topic, data) -> read(data));
    private static final CountDownLatch END = new CountDownLatch(1);
    private static long warm;
    private static long count;
    private static long seen;

    public static void main(String[] arguments) throws InterruptedException {
        warm = Long.parseLong(arguments[2]);
        count = Long.parseLong(arguments[3]);
        int hops = arguments.length - 6;
        KafkaStreams[] running = new KafkaStreams[hops];
        for (int hop = 0; hop < hops; hop++) {
            String source = arguments[5 + hop];
            Topology topology = topology(arguments[4], source, arguments[6 + hop], hop + 1 == hops);
            running[hop] = new KafkaStreams(topology, properties(arguments, arguments[6 + hop]));
            running[hop].start();
        }
        Runtime.getRuntime().addShutdownHook(new Thread(END::countDown));
        END.await();
        for (KafkaStreams each : running) {
            each.close(Duration.ofSeconds(30));
        }
    }

    private static Properties properties(String[] arguments, String target) {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "streams-" + target);
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, Path.of(arguments[1]).toString());
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        properties.put(StreamsConfig.consumerPrefix("session.timeout.ms"), "6000");
        properties.put(StreamsConfig.consumerPrefix("heartbeat.interval.ms"), "2000");
        if (System.getProperty("commit") != null) {
            properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, System.getProperty("commit"));
        }
        return properties;
    }

    private static Topology topology(String workload, String source, String target, boolean last) {
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, ObjectNode> rows =
                builder.stream(source, Consumed.with(Serdes.String(), ROW));
        if (last) {
            rows = rows.peek((key, row) -> count());
        }
        KStream<String, ObjectNode> made =
                switch (workload) {
                    case "hop" -> rows.mapValues(Streams::arithmetic);
                    case "filter" ->
                            rows.filter((key, row) -> row.get("OT").doubleValue() > 12)
                                    .mapValues(Streams::arithmetic);
                    case "mean" -> mean(builder, rows);
                    default -> throw new IllegalArgumentException(workload);
                };
        made.to(target, Produced.with(Serdes.String(), ROW));
        return builder.build();
    }

    private static ObjectNode arithmetic(ObjectNode row) {
        return row.put("fahrenheit", row.get("OT").doubleValue() * 1.8 + 32);
    }

    /** The running mean of each key, in a store in memory whose changelog is a topic. */
    private static KStream<String, ObjectNode> mean(
            StreamsBuilder builder, KStream<String, ObjectNode> rows) {
        builder.addStateStore(
                Stores.keyValueStoreBuilder(
                                Stores.inMemoryKeyValueStore("means"),
                                Serdes.String(),
                                Serdes.ByteArray())
                        .withCachingEnabled());
        return rows.processValues(Mean::new, "means");
    }

    private static final class Mean implements FixedKeyProcessor<String, ObjectNode, ObjectNode> {
        private FixedKeyProcessorContext<String, ObjectNode> context;
        private KeyValueStore<String, byte[]> store;

        @Override
        public void init(FixedKeyProcessorContext<String, ObjectNode> context) {
            this.context = context;
            this.store = context.getStateStore("means");
        }

        @Override
        public void process(FixedKeyRecord<String, ObjectNode> record) {
            byte[] held = store.get(record.key());
            ByteBuffer before = ByteBuffer.wrap(held == null ? new byte[16] : held);
            double number = before.getDouble() + 1;
            double sum = before.getDouble() + record.value().get("OT").doubleValue();
            store.put(
                    record.key(),
                    ByteBuffer.allocate(16).putDouble(number).putDouble(sum).array());
            context.forward(record.withValue(record.value().put("OT_mean", sum / number)));
        }
    }

    private static void count() {
        seen++;
        if (seen == warm + 1) {
            System.out.println("ready");
        }
        if (seen == count) {
            END.countDown();
        }
    }

    private static byte[] write(ObjectNode row) {
        try {
            return JSON.writeValueAsBytes(row);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static ObjectNode read(byte[] data) {
        try {
            return JSON.readValue(data, ObjectNode.class);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
