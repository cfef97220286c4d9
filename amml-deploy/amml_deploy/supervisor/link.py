"""The supervisor's link to the control API: wishes come in, reports go out, each in a thread.

While the API is down, workers go on and crashes are mended; a supervisor that starts then takes
the wishes that were known last.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from amml_deploy.control import Control, ControlError
from amml_deploy.errors import AmmlError
from amml_deploy.supervisor.folder import write_json

Document: TypeAlias = Mapping[str, Any]

_WAIT = 10
_EVERY = 5.0
_RETRY = 1.0


class Wishes(threading.Thread):
    """Asks for the wishes, and hands on all of them whenever one has changed."""

    def __init__(
        self, control: Control, kept: Path, hand_on: Callable[[Sequence[Document]], None]
    ) -> None:
        super().__init__(daemon=True, name="wishes")
        self._control = control
        self._kept = kept
        self._hand_on = hand_on

    def run(self) -> None:
        """Until the process ends."""
        sequence = None
        while True:
            try:
                after = -1 if sequence is None else sequence
                answer = self._control.get("/desired", after=after, wait=_WAIT, target="local")
            except AmmlError as error:
                if sequence is None:
                    print(f"{error}; going on with the wishes known last", flush=True)
                    sequence = -1
                    self._hand_on(self._known_last())
                time.sleep(_RETRY)
                continue
            if answer["sequence"] != sequence:
                sequence = answer["sequence"]
                write_json(self._kept, answer)
                self._hand_on(answer["workflows"])

    def _known_last(self) -> Sequence[Document]:
        try:
            return json.loads(self._kept.read_text(encoding="utf-8"))["workflows"]
        except (OSError, ValueError, KeyError):
            return []


class Reports(threading.Thread):
    """Sends each workflow's report when it has changed, and every few seconds."""

    def __init__(self, control: Control) -> None:
        super().__init__(daemon=True, name="reports")
        self._control = control
        self._changed = threading.Event()
        self._lock = threading.Lock()
        self._current: dict[str, Document] = {}

    def tell(self, name: str, document: Document | None) -> None:
        """What is true of a workflow now; None if there is nothing to say of it any more."""
        with self._lock:
            if self._current.get(name) == document:
                return
            if document is None:
                del self._current[name]
            else:
                self._current[name] = document
        self._changed.set()

    def run(self) -> None:
        """Until the process ends."""
        sent: dict[str, Document] = {}
        end = 0.0
        while True:
            self._changed.wait(max(0.0, end - time.monotonic()))
            self._changed.clear()
            if time.monotonic() >= end:
                sent, end = {}, time.monotonic() + _EVERY
            with self._lock:
                current = dict(self._current)
            for name, document in current.items():
                if sent.get(name) != document and self._send(name, document):
                    sent[name] = document

    def _send(self, name: str, document: Document) -> bool:
        """Whether it has arrived; what has not is sent again with the next round."""
        try:
            self._control.put(f"/workflows/{name}/status", document)
        except ControlError as error:
            if error.status != 404:  # removed meanwhile
                print(f"report of {name}: {error}", flush=True)
        except AmmlError:
            return False
        return True
