package amml.connect.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;

class FenceTest {
    private static final Duration LONG = Duration.ofHours(1);

    /** Shows, one after the other, what these words name; a null is an answer that tells nothing. */
    private static Watch watch(String... looks) {
        Iterator<String> next = Arrays.asList(looks).iterator();
        return connection -> {
            String names = next.next();
            return names == null
                    ? null
                    : Arrays.stream(names.split(" "))
                            .filter(name -> !name.isEmpty())
                            .collect(Collectors.toMap(name -> name, name -> "transaction " + name));
        };
    }

    private static Fence fence(Watch... watches) {
        return new Fence(List.of(watches), "air", LONG);
    }

    @Test
    void itIsOverWhenAllOfTheFirstLookHaveEnded() throws Exception {
        Fence fence = fence(watch("a b", "b c", "c d"));
        assertFalse(fence.isOver(null));
        assertFalse(fence.isOver(null));
        assertTrue(fence.isOver(null));
    }

    @Test
    void theSecondSetIsTakenWhenTheFirstIsOver() throws Exception {
        Fence fence = fence(watch("a", ""), watch("p", ""));
        assertFalse(fence.isOver(null));
        assertFalse(fence.isOver(null));
        assertTrue(fence.isOver(null));
    }

    @Test
    void anAnswerThatTellsNothingEndsNothing() throws Exception {
        Fence fence = fence(watch(null, "a", null, ""));
        assertFalse(fence.isOver(null));
        assertFalse(fence.isOver(null));
        assertFalse(fence.isOver(null));
        assertTrue(fence.isOver(null));
    }

    @Test
    void withNothingToWatchItIsOver() throws Exception {
        assertTrue(fence().isOver(null));
    }

    @Test
    void whoKeepsItClosedIsNamed() throws Exception {
        Fence fence = new Fence(List.of(watch("a", "a")), "air", Duration.ZERO);
        String words = Log.of(() -> fence.isOver(null));
        assertTrue(words.contains("air waits for the end of: transaction a"), words);
        assertEquals(1, words.lines().count());
    }
}
