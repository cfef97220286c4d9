"""The control API as a step process sees it: files, model runs, checkpoints."""

import hashlib
import math
import tempfile
import time
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

import requests

from amml_runtime.errors import Unavailable, WorkflowFault

ATTEMPTS = 8
TIMEOUT = (3.0, 60.0)
# For what a step must not wait for: it can be said later as well.
ASIDE: Mapping[str, Any] = {"attempts": 2, "timeout": (1.0, 5.0)}


class Control:
    """A client of the control API; raises `Unavailable` when it does not answer for a while.

    It is the door `files` (`fetch`) and the door `models` (`run`, `artefact`) of components.
    """

    def __init__(self, address: str, token_file: Path | None, actor: str) -> None:
        self._address = address.rstrip("/")
        self._session = requests.Session()
        self._session.headers["X-Amml-Actor"] = actor
        if token_file is not None:
            token = token_file.read_text(encoding="utf-8").strip()
            self._session.headers["Authorization"] = f"Bearer {token}"
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def fetch(self, sha256: str) -> Path:
        """A local copy of a file, its hash checked; the same one each time."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="amml-files-")
        local = Path(self._folder.name) / sha256
        if not local.exists():
            partial = local.with_suffix(".partial")
            try:
                with self._call("GET", f"/files/{sha256}", stream=True) as response:
                    _save(response, partial, sha256)
            except requests.RequestException as error:
                raise Unavailable(f"file {sha256} broke off: {type(error).__name__}") from error
            partial.rename(local)
        return local

    def run(self, model: str, version: str, run: str) -> dict[str, Any]:
        """The document of one model run."""
        return self._call("GET", _run_path(model, version, run)).json()

    def find_run(self, model: str, version: str, run: str) -> dict[str, Any] | None:
        """The document of one model run, or None if there is none."""
        response = self._call("GET", _run_path(model, version, run), fine=(404,))
        return None if response.status_code == 404 else response.json()

    def put_run(self, model: str, version: str, run: str, document: Mapping[str, Any]) -> None:
        """Register a model run, or what is new about it; repeating it changes nothing."""
        self._call("PUT", _run_path(model, version, run), json=_finite(document))

    def artefact(self, model: str, version: str, run: str, file: str) -> bytes:
        """A file of a model run, its hash checked against the run's document."""
        path = _run_path(model, version, run)
        content = self._call("GET", f"{path}/artefacts/{file}").content
        expected = self.run(model, version, run)["artefacts"][file]
        _check(hashlib.sha256(content).hexdigest(), expected, f"{path}/{file}")
        return content

    def put_artefact(self, model: str, version: str, run: str, file: str, data: bytes) -> str:
        """Keep a file of a model run; returns its SHA-256."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = f"{_run_path(model, version, run)}/artefacts/{file}"
        self._call("PUT", path, data=data, headers={"X-Amml-Sha256": sha256})
        return sha256

    def checkpoint(self, model: str, version: str, run: str, epoch: int) -> bytes:
        """What a training saved after an epoch."""
        return self._call("GET", f"{_run_path(model, version, run)}/checkpoints/{epoch}").content

    def put_checkpoint(self, model: str, version: str, run: str, epoch: int, data: bytes) -> None:
        """Save what a training needs to go on after an epoch."""
        path = f"{_run_path(model, version, run)}/checkpoints/{epoch}"
        self._call("PUT", path, data=data)

    def drop_checkpoints(self, model: str, version: str, run: str) -> None:
        """Forget the checkpoints of a finished training."""
        self._call("DELETE", f"{_run_path(model, version, run)}/checkpoints")

    def dataset(self, name: str) -> tuple[dict[str, Any], str] | None:
        """What is known of a data set of the lake, and its revision; None: nothing yet."""
        response = self._call("GET", f"/datasets/{name}", fine=(404,), **ASIDE)
        if response.status_code == 404:
            return None
        found = response.json()
        return found["document"], found["revision"]

    def put_dataset(self, name: str, document: dict[str, Any], revision: str | None) -> bool:
        """Tell what a data set is now, if `revision` is still the last; whether it was."""
        body = {"document": document, "revision": revision}
        response = self._call("PUT", f"/datasets/{name}", fine=(409,), json=body, **ASIDE)
        return response.ok

    def _call(
        self,
        method: str,
        path: str,
        fine: Container[int] = (),
        attempts: int = ATTEMPTS,
        timeout: tuple[float, float] = TIMEOUT,
        **more: Any,
    ) -> requests.Response:
        """One call, repeated with back-off while the API is away; `fine` refusals are answers."""
        problem = ""
        for attempt in range(attempts):
            try:
                url = f"{self._address}{path}"
                response = self._session.request(method, url, timeout=timeout, **more)
            except requests.RequestException as error:
                problem = type(error).__name__
            else:
                if response.ok or response.status_code in fine:
                    return response
                problem = _said(response)
                if response.status_code < 500:
                    raise WorkflowFault(f"{method} {path}: {problem}")
            time.sleep(min(0.1 * 2**attempt, 5))
        raise Unavailable(f"the control API at {self._address}: {method} {path}: {problem}")


def _finite(value: Any) -> Any:
    """With null for what JSON cannot say: NaN and the infinities."""
    if isinstance(value, Mapping):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _run_path(model: str, version: str, run: str) -> str:
    return f"/models/{model}/versions/{version}/runs/{run}"


def _said(response: requests.Response) -> str:
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"status {response.status_code}"


def _save(response: requests.Response, to: Path, sha256: str) -> None:
    found = hashlib.sha256()
    with to.open("wb") as file:
        for block in response.iter_content(1 << 20):
            found.update(block)
            file.write(block)
    _check(found.hexdigest(), sha256, str(response.url))


def _check(found: str, expected: str, what: str) -> None:
    if found != expected:
        raise Unavailable(f"{what} has SHA-256 {found}, expected {expected}: it arrived damaged")
