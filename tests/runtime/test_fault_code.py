"""How a process says that its workflow is at fault, to those who read exit codes otherwise."""

import json
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from amml_runtime import __main__ as entry
from amml_runtime import slot
from amml_runtime.slot import Exit
from amml_runtime.spec import StepSpec


@pytest.fixture(autouse=True)
def same_signals() -> Generator[None]:
    """The entry point listens to signals; the tests after this one do not want that."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("exit", "told", "code"),
    [
        (Exit(2, "there is no column `co2`"), {}, 2),
        (Exit(2, "there is no column `co2`"), {"AMML_FAULT_CODE": "0"}, 0),
        (Exit(1, "crashed"), {"AMML_FAULT_CODE": "0"}, 1),
    ],
)
def test_a_fault_ends_with_the_code_that_keeps_it_from_being_started_again(
    exit: Exit, told: dict[str, str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = StepSpec("amml", "hot", 1, "filter", "process", "m:Filter", "i")
    (tmp_path / "spec.json").write_text(json.dumps(spec.to_json()), encoding="utf-8")
    last = tmp_path / "exit.json"
    environ = {"AMML_SPEC": str(tmp_path / "spec.json"), "AMML_KAFKA": "127.0.0.1:1", **told}
    for name, value in (environ | {"AMML_EXIT_FILE": str(last)}).items():
        monkeypatch.setenv(name, value)

    def ends(*_: object) -> Exit:
        return exit

    def connected(*_: object) -> dict[str, object]:
        return {}

    monkeypatch.setattr(entry, "connect", connected)
    monkeypatch.setattr(slot, "run_slot", ends)
    assert entry.main() == code
    assert json.loads(last.read_text(encoding="utf-8"))["code"] == exit.code
