"""How long to wait for a server: a while, but not long once the process is told to stop."""

import time
from threading import Event

SLICE_SECONDS = 1.0  # a wait in pieces of this length hears of a stop soon enough
STOP_SECONDS = 5.0  # a stop has ten seconds in all


class Patience:
    """Some seconds, or the few that are left from when a stop is asked for.

    Parameters:
        left: how many a stop leaves; what nobody else can finish needs some.

    >>> Patience(0, Event()).over()
    True
    """

    def __init__(self, seconds: float, stop: Event, left: float = 0.0) -> None:
        self._end = time.monotonic() + seconds
        self._stop = stop
        self._left = left

    def over(self) -> bool:
        """Whether it has been long enough."""
        now = time.monotonic()
        if self._stop.is_set():
            self._end = min(self._end, now + self._left)
        return now >= self._end
