package amml.connect.jdbc;

import java.util.Arrays;
import java.util.List;

/** How new rows are told from those that were read before. */
enum Mode {
    BULK("bulk", false, false),
    INCREMENTING("incrementing", true, false),
    TIMESTAMP("timestamp", false, true),
    TIMESTAMP_INCREMENTING("timestamp+incrementing", true, true);

    final String word;
    final boolean byId;
    final boolean byTime;

    Mode(String word, boolean byId, boolean byTime) {
        this.word = word;
        this.byId = byId;
        this.byTime = byTime;
    }

    static List<String> words() {
        return Arrays.stream(values()).map(mode -> mode.word).toList();
    }

    static Mode of(String word) {
        return Arrays.stream(values())
                .filter(mode -> mode.word.equals(word))
                .findFirst()
                .orElseThrow();
    }
}
