"""What a step process is told by its environment, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# For whoever starts a process: its allocators keep less for themselves, 5 MB in each step.
SMALL = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}


@dataclass(frozen=True)
class Settings:
    """The environment of one slot of a step.

    `AMML_SPEC` the step's specification (a JSON file), `AMML_SLOT` of `AMML_SLOTS`,
    `AMML_KAFKA` bootstrap servers, `AMML_CONTROL` and `AMML_TOKEN_FILE` the control API,
    `AMML_SECRETS` the folder with a file for each secret,
    `AMML_METRICS_PORT` (0: none) on `AMML_METRICS_HOST` (loopback; in a container the metrics are
    asked for from outside), `AMML_EXIT_FILE` where the last act is written,
    `AMML_STOPPED_CODE` how it exits when it was told to stop before the end (0; a Kubernetes Job
    takes 0 for completed), `AMML_FAULT_CODE` how it exits by the workflow's own fault (2; Docker
    starts again whatever does not end with 0), `AMML_FAIL_POINT` where tests kill the process,
    `AMML_ATTEMPTS` a folder where they learn how each transaction ended.
    """

    spec: Path
    kafka: str
    slot: int = 0
    slots: int = 1
    control: str = ""
    token_file: Path | None = None
    secrets: Path | None = None
    metrics_port: int = 0
    metrics_host: str = "127.0.0.1"
    exit_file: Path | None = None
    stopped_code: int = 0
    fault_code: int = 2
    fail_point: str = ""
    attempts: Path | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings in `environ`; raises `KeyError` where one that must be there is not.

        >>> Settings.from_env({"AMML_SPEC": "s.json", "AMML_KAFKA": "127.0.0.1:9092"}).slots
        1
        """
        return cls(
            spec=Path(environ["AMML_SPEC"]),
            kafka=environ["AMML_KAFKA"],
            slot=int(environ.get("AMML_SLOT", "0")),
            slots=int(environ.get("AMML_SLOTS", "1")),
            control=environ.get("AMML_CONTROL", ""),
            token_file=_path(environ.get("AMML_TOKEN_FILE")),
            secrets=_path(environ.get("AMML_SECRETS")),
            metrics_port=int(environ.get("AMML_METRICS_PORT", "0")),
            metrics_host=environ.get("AMML_METRICS_HOST", cls.metrics_host),
            exit_file=_path(environ.get("AMML_EXIT_FILE")),
            stopped_code=int(environ.get("AMML_STOPPED_CODE", "0")),
            fault_code=int(environ.get("AMML_FAULT_CODE", "2")),
            fail_point=environ.get("AMML_FAIL_POINT", ""),
            attempts=_path(environ.get("AMML_ATTEMPTS")),
        )


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None
