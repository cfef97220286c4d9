"""A command that a schedule has started: how it is kept alive, stopped, and what it said."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_LINES = 20  # of its output are kept
_BYTES = 8192


@dataclass(frozen=True)
class Pace:
    """How often a run is kept alive.

    A late answer, patience and grace together are shorter than the lease: a command has ended
    before somebody else may begin the next.

    Parameters:
        lease: seconds after which the control API gives a silent run up as lost.
    """

    lease: float = 30.0

    @property
    def beat(self) -> float:
        """Seconds between two renewals."""
        return self.lease / 10

    @property
    def too_late(self) -> float:
        """Seconds after which an answer does not count: the lease began before it."""
        return self.lease / 6

    @property
    def patience(self) -> float:
        """Seconds after which a command gives up a silent scheduler."""
        return self.lease / 2

    @property
    def grace(self) -> float:
        """Seconds in which a command may end in good order."""
        return self.lease / 6


class Running:
    """The process of one run.

    Parameters:
        words: of the command line.
        environ: what the command finds its platform with.
        pace: how long it lives without a word.
    Errors: OSError, no process could be started.
    """

    def __init__(self, words: Sequence[str], environ: Mapping[str, str], pace: Pace) -> None:
        self.began = self._kept = time.monotonic()
        self._stopped_for = ""
        self._pace = pace
        self._kill_at = float("inf")
        self._output = tempfile.TemporaryFile()
        lifeline, self._ours = os.pipe()
        os.set_blocking(self._ours, False)
        told = [str(lifeline), str(pace.patience), str(pace.grace)]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "amml_deploy.scheduler.command", *told, *words],
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                pass_fds=[lifeline],
                start_new_session=True,
            )
        except OSError:
            os.close(self._ours)
            self._output.close()
            raise
        finally:
            os.close(lifeline)

    def keep(self) -> None:
        """Let it go on for a while."""
        if not self._stopped_for:
            self._kept = time.monotonic()
            with contextlib.suppress(BrokenPipeError, BlockingIOError):  # ended, or not yet reading
                os.write(self._ours, b".")

    def stop(self, why: str) -> None:
        """Let it end in good order; the first reason counts.

        Parameters:
            why: how the run has then ended: `stopped`, `timed out` or `lost`.
        """
        if not self._stopped_for:
            self._stopped_for = why
            self._kill_at = time.monotonic() + self._pace.grace + 1
            os.close(self._ours)

    def exit_code(self) -> int | None:
        """How it has ended, or None; one that does not end when it should is killed."""
        if time.monotonic() > self._kill_at and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        return self._process.poll()

    def state(self, code: int) -> str:
        """How the run has ended, if the command has with this exit code."""
        if self._stopped_for:  # which it may answer with 0, as it would at Ctrl-C
            return self._stopped_for
        if code == 0:
            return "completed"
        return "lost" if time.monotonic() - self._kept > self._pace.patience else "failed"

    def last_lines(self) -> list[str]:
        """The end of what it printed."""
        size = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, size - _BYTES))
        lines = self._output.read().decode(errors="replace").splitlines()
        return [line[:500] for line in lines[-_LINES:]]

    def close(self) -> None:
        """Let go of its files, when it has ended."""
        self.stop("stopped")
        self._output.close()
