package amml.connect.jdbc;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** The name that was probably meant. */
final class Nearest {
    private Nearest() {}

    /** Ends a message: `; did you mean "x"?`, or what there is, or nothing. */
    static String hint(String asked, Collection<String> names) {
        if (names.isEmpty()) {
            return "";
        }
        String lower = asked.toLowerCase(Locale.ROOT);
        Comparator<String> byDistance =
                Comparator.comparingInt(name -> distance(lower, name.toLowerCase(Locale.ROOT)));
        String best = names.stream().min(byDistance).orElseThrow();
        boolean near =
                distance(lower, best.toLowerCase(Locale.ROOT)) <= Math.max(2, asked.length() / 3);
        return near
                ? "; did you mean \"" + best + "\"?"
                : "; there is " + String.join(", ", names.stream().sorted().limit(10).toList());
    }

    /** How many letters must be put in, taken out or changed. */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int corner = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int changed = corner + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                corner = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
