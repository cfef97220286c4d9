"""Where tests kill a process: a named place in the loop, reached for the n-th time."""

import os
import signal


class FailPoint:
    """Kill -9 this very process at a place, e.g. `after_produce:3`; empty: never.

    Places: `after_begin`, `after_produce`, `before_commit`, `after_commit`, and `epoch` (of a
    trainer). `after_produce:3@FILE` kills only while FILE is not there, and makes it.
    """

    def __init__(self, text: str = "") -> None:
        where, _, self._once = text.partition("@")
        self._place, _, count = where.partition(":")
        self._left = int(count or 1)

    def reached(self, place: str) -> None:
        """Say that a place was reached."""
        if place != self._place:
            return
        self._left -= 1
        if self._left == 0 and self._first_time():
            os.kill(os.getpid(), signal.SIGKILL)

    def _first_time(self) -> bool:
        """Whether no earlier life of this process was killed here: `place:n@FILE` dies once."""
        if not self._once:
            return True
        try:
            os.close(os.open(self._once, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True
