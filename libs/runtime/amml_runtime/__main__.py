"""`python -m amml_runtime`: one process of one step, told by its environment what to do."""

import atexit
import json
import os
import signal
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from threading import Event
from typing import NoReturn

from amml_runtime.connections import connect, task_ids
from amml_runtime.errors import WorkflowFault
from amml_runtime.settings import Settings
from amml_runtime.spec import StepSpec


def main() -> int:
    """Run the slot; the exit code and its reason are also written to `AMML_EXIT_FILE`."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    settings = Settings.from_env(os.environ)
    spec = StepSpec.from_json(json.loads(settings.spec.read_text(encoding="utf-8")))
    tasks = task_ids(spec, settings.slot, settings.slots)
    connections = connect(spec, settings.kafka, tasks, settings.attempts, stop)
    from amml_runtime.slot import run_slot  # imported while the clients connect

    exit = run_slot(spec, settings, connections, stop)
    print(f"{spec.label}: {exit.reason}", file=sys.stderr if exit.code else sys.stdout, flush=True)
    if settings.exit_file is not None:
        last = asdict(exit) | {"at": datetime.now(UTC).isoformat()}
        settings.exit_file.write_text(json.dumps(last), encoding="utf-8")
    if exit.code == WorkflowFault.exit_code:
        return settings.fault_code
    return settings.stopped_code if exit.reason == "stopped" else exit.code


def end(code: int) -> NoReturn:
    """End the process as `sys.exit` does, but leave out what C libraries do at an exit.

    Clients that were never closed still have threads at work, and OpenSSL takes away what those
    use: one refused password in eight ended in a segmentation fault.
    """
    atexit._run_exitfuncs()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] (no other door)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    end(main())
