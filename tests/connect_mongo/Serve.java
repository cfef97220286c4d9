import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.net.InetSocketAddress;
import java.util.Scanner;
import org.bson.Document;

/** A MongoDB-compatible server; it prints its port, then inserts what it reads, a document a line. */
public class Serve {
    public static void main(String[] arguments) {
        MongoServer server = new MongoServer(new MemoryBackend());
        server.enableOplog(); // which change streams read
        InetSocketAddress address = server.bind(); // on loopback, wherever there is room
        try (MongoClient client = MongoClients.create("mongodb://127.0.0.1:" + address.getPort())) {
            MongoCollection<Document> rows = client.getDatabase("hall").getCollection("co2");
            System.out.println(address.getPort());
            for (Scanner lines = new Scanner(System.in); lines.hasNextLine(); ) {
                rows.insertOne(Document.parse(lines.nextLine()));
            }
        }
        server.shutdownNow();
    }
}
