"""What a step process does about Python's garbage collector."""

import gc

ALLOCATIONS = 100_000  # more than a batch of 10,000 messages and their records makes


def settle() -> None:
    """Collect what the start left, and keep what is there now out of every later collection.

    Rows and messages hold no cycles, so nothing waits for a collection; but by default one comes
    with every 700 new objects, and took a third of the time of reading JSON.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, 10, 10)
