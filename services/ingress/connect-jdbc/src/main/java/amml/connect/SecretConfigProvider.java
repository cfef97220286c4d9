package amml.connect;

import org.apache.kafka.common.config.ConfigData;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.provider.ConfigProvider;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Puts the content of a file in the place of `${secret:NAME}`, so that no configuration holds a
 * password. The folder is the parameter `folder`; each file in it is a secret.
 */
public final class SecretConfigProvider implements ConfigProvider {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]{0,63}");

    private Path folder;

    @Override
    public void configure(Map<String, ?> settings) {
        if (!(settings.get("folder") instanceof String given) || given.isBlank()) {
            throw new ConfigException("the provider of secrets needs the parameter `folder`");
        }
        folder = Path.of(given);
    }

    @Override
    public ConfigData get(String path) {
        throw new ConfigException("write ${secret:NAME}: a secret is asked for by its name");
    }

    @Override
    public ConfigData get(String path, Set<String> names) {
        if (path != null && !path.isEmpty()) {
            throw new ConfigException("write ${secret:NAME}: a secret has no path");
        }
        Map<String, String> found = new HashMap<>();
        names.forEach(name -> found.put(name, read(name)));
        return new ConfigData(found);
    }

    @Override
    public void close() {}

    private String read(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new ConfigException(
                    "a secret is called by lower-case letters, digits, _ and -, not `"
                            + name
                            + "`");
        }
        try {
            // A secret may be a link, as Kubernetes lays them out, but not to anywhere else.
            Path file = folder.resolve(name).toRealPath();
            if (!file.startsWith(folder.toRealPath())) {
                throw new ConfigException("the secret `" + name + "` is a link out of its folder");
            }
            return Files.readString(file).replaceFirst("\\R\\z", "");
        } catch (IOException fault) {
            // Not the cause: it could quote what it read.
            throw new ConfigException(
                    "there is no secret `" + name + "` that can be read in " + folder);
        }
    }
}
