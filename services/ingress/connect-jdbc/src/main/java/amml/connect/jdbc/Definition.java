package amml.connect.jdbc;

import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;

import java.util.List;
import java.util.function.UnaryOperator;

/** Puts a list of settings together, a line each. */
final class Definition {
    private final ConfigDef definition = new ConfigDef();

    ConfigDef done() {
        return definition;
    }

    Definition needed(String name, UnaryOperator<String> problem, String about) {
        return add(
                name,
                Type.STRING,
                ConfigDef.NO_DEFAULT_VALUE,
                check(problem),
                Importance.HIGH,
                about);
    }

    Definition text(String name, String value, String about) {
        return add(name, Type.STRING, value, null, Importance.MEDIUM, about);
    }

    Definition checked(String name, String value, UnaryOperator<String> problem, String about) {
        return add(name, Type.STRING, value, check(problem), Importance.MEDIUM, about);
    }

    /** The first word is what counts if none is given. */
    Definition choice(String name, List<String> words, String about) {
        return checked(name, words.get(0), oneOf(words), about);
    }

    Definition password(String name, String about) {
        return add(name, Type.PASSWORD, "", null, Importance.HIGH, about);
    }

    Definition number(String name, long value, String about) {
        return add(name, Type.LONG, value, Range.atLeast(0), Importance.LOW, about);
    }

    Definition optionalNumber(String name, String about) {
        return add(name, Type.LONG, null, null, Importance.LOW, about);
    }

    Definition yesNo(String name, boolean value, String about) {
        return add(name, Type.BOOLEAN, value, null, Importance.LOW, about);
    }

    Definition list(String name, String value, String about) {
        return add(name, Type.LIST, value, null, Importance.MEDIUM, about);
    }

    /** What is wrong with a word that is none of these. */
    static UnaryOperator<String> oneOf(List<String> words) {
        return word -> words.contains(word) ? "" : "no such choice" + Nearest.hint(word, words);
    }

    /** The value is not repeated in the message, as it may hold a password. */
    private static Validator check(UnaryOperator<String> problem) {
        return (name, value) -> {
            String found = value == null ? "" : problem.apply((String) value);
            if (!found.isEmpty()) {
                throw new ConfigException(name + ": " + found);
            }
        };
    }

    private Definition add(
            String name,
            Type type,
            Object value,
            Validator check,
            Importance weight,
            String about) {
        definition.define(name, type, value, check, weight, about);
        return this;
    }
}
