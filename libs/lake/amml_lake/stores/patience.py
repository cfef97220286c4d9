"""Calls to HDFS: which errors pass by themselves, and how long to wait for that."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

import requests
from hdfs import HdfsError
from requests.exceptions import ChunkedEncodingError
from urllib3.exceptions import HTTPError

from amml_lake.errors import Refused, Unavailable

_WAITS = (0.1, 0.3, 1.0, 2.0)
_LOG = logging.getLogger(__name__)
T = TypeVar("T")

_TRANSIENT_EXCEPTIONS = {
    "RetriableException",
    "StandbyException",
    "EOFException",
    "SafeModeException",
    "CannotObtainBlockLengthException",
    "AlreadyBeingCreatedException",
    "RecoveryInProgressException",
}
_BROKEN_OFF = (requests.ConnectionError, requests.Timeout, ChunkedEncodingError, HTTPError)
_TRANSIENT_WORDS = (
    "Failed to find datanode",
    "No active nodes contain this block",
    "safe mode",
    "There are 0 datanode(s) running",
)


class Patience:
    """Repeats what fails for a reason that passes, for some seconds.

    Parameters:
        what: whose calls they are, for the message.
        seconds: in which a retry may begin.
    """

    def __init__(self, what: str, seconds: float = 15.0) -> None:
        self._what = what
        self._seconds = seconds

    def with_(self, call: Callable[[], T], may_retry: Callable[[], bool] = lambda: True) -> T:
        """Call until it works, the error is not one that passes, or patience ends.

        Errors: FileNotFoundError; Unavailable, for a reason that passes; Refused.
        """
        give_up = time.monotonic() + self._seconds
        for wait in (*_WAITS, self._seconds):
            try:
                return call()
            except (requests.RequestException, HTTPError, HdfsError) as error:
                if is_missing(error):
                    raise FileNotFoundError(str(error)) from error
                late = time.monotonic() + wait >= give_up
                if late or not is_transient(error) or not may_retry():
                    raise self.told(error) from error
                _LOG.info("%s: %s; again in %s s", self._what, error, wait)
                time.sleep(wait)
        raise AssertionError("the last wait is too late for another round")

    def told(self, error: Exception) -> Unavailable | Refused:
        """What a caller is told of an error."""
        if is_transient(error):
            return Unavailable(f"{self._what} does not answer ({type(error).__name__})")
        first = (str(error).splitlines() or [""])[0][:300]
        return Refused(f"{self._what} refuses: {first}")


def is_missing(error: Exception) -> bool:
    """Whether HDFS says that there is no such file."""
    return getattr(error, "exception", None) == "FileNotFoundException" or (
        isinstance(error, HdfsError) and "does not exist" in str(error)
    )


def is_transient(error: Exception) -> bool:
    """Whether the same call may succeed later: a server that starts, hangs or is away."""
    if isinstance(error, _BROKEN_OFF):
        return True
    exception = getattr(error, "exception", None)
    return exception in _TRANSIENT_EXCEPTIONS or any(w in str(error) for w in _TRANSIENT_WORDS)
