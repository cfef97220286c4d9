"""What a compaction is asked for."""

from dataclasses import dataclass

_HOUR = 3_600_000_000


@dataclass(frozen=True)
class Wish:
    """Times and durations are in microseconds; times since 1970 UTC.

    Parameters:
        now: what the time is.
        grace: how long a folder's time has passed before it is closed: late rows come in before.
        before: only folders whose time has passed by then.
        target: how many bytes a file is to have; one of half as many is not touched.
        keep: how long replaced files are kept, for those who read them.
    """

    now: int
    grace: int = _HOUR
    before: int | None = None
    target: int = 128 << 20
    keep: int = 24 * _HOUR
