package amml.connect.jdbc;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What becomes of NUMERIC and DECIMAL, in Confluent's words. */
enum Numbers {
    /** Always Connect's Decimal, which loses nothing. */
    NONE,
    /** An integer where there are no decimals and it fits. */
    PRECISION_ONLY,
    /** That, and float64 where there are decimals and it fits. */
    BEST_FIT,
    /** That, and float64 whatever the size. */
    BEST_FIT_EAGER_DOUBLE;

    static final int DIGITS_OF_LONG = 18;

    static List<String> words() {
        return Arrays.stream(values()).map(each -> each.name().toLowerCase(Locale.ROOT)).toList();
    }

    static Numbers of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }

    /** `precision` 0 is a number without limits. */
    boolean isInteger(int precision, int scale) {
        return this != NONE && scale == 0 && precision > 0 && precision <= DIGITS_OF_LONG;
    }

    boolean isDouble(int precision, int scale) {
        boolean fits = precision <= DIGITS_OF_LONG;
        return this == BEST_FIT && fits && (scale != 0 || precision == 0)
                || this == BEST_FIT_EAGER_DOUBLE && !isInteger(precision, scale);
    }
}
