package amml.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigTransformer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

class SecretConfigProviderTest {
    @TempDir Path root;
    private Path folder;
    private final SecretConfigProvider provider = new SecretConfigProvider();

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createDirectory(root.resolve("secrets"));
        provider.configure(Map.of("folder", folder.toString()));
    }

    private String value(String name) {
        return provider.get("", Set.of(name)).data().get(name);
    }

    @Test
    void aReferenceBecomesTheContentOfTheFileWithoutItsLastLineBreak() throws IOException {
        Files.writeString(folder.resolve("hall"), "swordfish\n");
        var transformer = new ConfigTransformer(Map.of("secret", provider));
        var done = transformer.transform(Map.of("connection.password", "${secret:hall}")).data();
        assertEquals(Map.of("connection.password", "swordfish"), done);
    }

    @Test
    void onlyOneLineBreakIsCut() throws IOException {
        Files.writeString(folder.resolve("hall"), "a\n\n");
        assertEquals("a\n", value("hall"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../token", "/etc/passwd", "", ".", "A", "1a", "a/b", "a\n", "a.b"})
    void whatIsNoNameIsRefused(String name) throws IOException {
        Files.writeString(root.resolve("token"), "swordfish");
        var fault = assertThrows(ConfigException.class, () -> value(name));
        assertFalse(fault.getMessage().contains("swordfish"));
    }

    @Test
    void aLinkOutOfTheFolderIsRefused() throws IOException {
        Files.writeString(root.resolve("token"), "swordfish");
        Files.createSymbolicLink(folder.resolve("hall"), root.resolve("token"));
        var fault = assertThrows(ConfigException.class, () -> value("hall"));
        assertTrue(fault.getMessage().contains("out of its folder"), fault.getMessage());
    }

    @Test
    void aLinkWithinTheFolderIsFollowedAsKubernetesMakesThem() throws IOException {
        Path data = Files.createDirectory(folder.resolve("..data"));
        Files.writeString(data.resolve("hall"), "swordfish");
        Files.createSymbolicLink(folder.resolve("hall"), Path.of("..data", "hall"));
        assertEquals("swordfish", value("hall"));
    }

    @Test
    void aMissingSecretIsNamed() {
        var fault = assertThrows(ConfigException.class, () -> value("hall"));
        assertTrue(fault.getMessage().contains("there is no secret `hall`"), fault.getMessage());
    }
}
