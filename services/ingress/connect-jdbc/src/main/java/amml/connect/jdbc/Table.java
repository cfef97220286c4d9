package amml.connect.jdbc;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A table or view, and the name its topic gets.
 *
 * @param catalog the database, where that is part of a table's name; else empty.
 * @param schema likewise.
 * @param type `TABLE`, `VIEW` and so on.
 * @param asked its name as the user wrote it, without the schema: a topic is called for that.
 */
record Table(String catalog, String schema, String name, String type, String asked) {
    /** The name in full, by which offsets are kept: it must not change between versions. */
    String full() {
        return String.join(".", parts());
    }

    List<String> parts() {
        return Stream.of(catalog, schema, name).filter(part -> !part.isEmpty()).toList();
    }

    Table asked(String written) {
        return new Table(
                catalog, schema, name, type, written.substring(written.lastIndexOf('.') + 1));
    }

    /** One word for a task's configuration. */
    String encoded() {
        List<String> words = new ArrayList<>();
        for (String each : List.of(catalog, schema, name, type, asked)) {
            words.add(URLEncoder.encode(each, StandardCharsets.UTF_8));
        }
        return String.join("/", words);
    }

    static Table decoded(String text) {
        String[] words =
                Arrays.stream(text.split("/", -1))
                        .map(word -> URLDecoder.decode(word, StandardCharsets.UTF_8))
                        .toArray(String[]::new);
        return new Table(words[0], words[1], words[2], words[3], words[4]);
    }
}
