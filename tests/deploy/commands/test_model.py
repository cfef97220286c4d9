from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from amml_deploy.control import connect
from amml_deploy.platform.home import Platform

DEFINITION = """
model: [{LSTM: {units: 4}}, {Dense: {units: 1}}]
train: {inputs: [OT], label: OT, window: 3}
"""
EPOCHS = [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]
METRICS = {"loss": 0.25, "mae": 0.1, "mae_original": 4.5, "persistence_original": 5.5}


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    """A definition that is right."""
    path = tmp_path / "model.yaml"
    path.write_text(DEFINITION, encoding="utf-8")
    return path


@pytest.fixture
def trained(
    on_platform: Callable[..., Any], platform: Platform, own: str, definition: Path
) -> Callable[[str], str]:
    """Register a completed training of version 0.1; gives its run."""
    assert on_platform("model", "add", f"{own}:0.1", str(definition)).code == 0

    def register(run: str) -> str:
        with connect(platform.home.path, {}) as control:
            document = {"status": "completed", "epochs": EPOCHS, "metrics": METRICS}
            control.put(f"/models/{own}/versions/0.1/runs/{run}", document)
        return run

    return register


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["add", "ett", "x.yaml"], "a model is named `model:version`"),
        (["add", "Ett:0.1", "x.yaml"], "a model name matches"),
        (["show", "ett:"], "a model is named `model:version`"),
        (["alias", "ett", "0.1"], "an alias is named MODEL:ALIAS"),
        (["alias", "ett:Prod", "0.1"], "alias name matches"),
        (["history", "ett"], "an alias is named MODEL:ALIAS"),
        (["train"], "No such command 'train'"),
    ],
)
def test_wrong_names_are_refused(amml: Callable[..., Any], words: list[str], message: str) -> None:
    ran = amml("model", *words)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


@pytest.mark.platform
def test_all_problems_of_a_definition_are_told_at_once(
    on_platform: Callable[..., Any], own: str, definition: Path
) -> None:
    wrong = DEFINITION.replace("units: 4", "units: x").replace("label: OT", "lable: OT")
    definition.write_text(wrong, encoding="utf-8")
    ran = on_platform("model", "add", f"{own}:0.1", str(definition))
    assert ran.code == 2
    assert "model[0].LSTM.units: expected 1..1024, found 'x'" in ran.err
    assert "train.lable: unknown; did you mean `label`?" in ran.err


@pytest.mark.platform
@pytest.mark.parametrize(("content", "message"), [(None, "No such file"), (b"\xff", "not UTF-8")])
def test_a_file_that_cannot_be_read_is_named(
    on_platform: Callable[..., Any], tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "x.yaml"
    if content is not None:
        path.write_bytes(content)
    ran = on_platform("model", "add", "ett:0.1", str(path))
    assert ran.code == 2 and str(path) in ran.err and message in ran.err


@pytest.mark.platform
def test_trainings_are_shown_with_their_error_beside_persistence(
    on_platform: Callable[..., Any], own: str, trained: Callable[[str], str]
) -> None:
    run = trained(f"{own}.r1.train")
    shown = on_platform("model", "show", f"{own}:0.1").out.split("\n")
    assert shown[1].split() == ["0.1", run, "completed", "2", "0.25", "4.5", "5.5", "-"]
    assert on_platform("model", "show", f"{own}:9").code == 2


@pytest.mark.platform
def test_an_alias_moves_and_keeps_its_history(
    on_platform: Callable[..., Any], own: str, trained: Callable[[str], str]
) -> None:
    first, second = trained(f"{own}.r1.train"), trained(f"{own}.r2.train")
    assert on_platform("model", "alias", f"{own}:live", first).code == 0
    newest = on_platform("model", "alias", f"{own}:live", "0.1")
    assert newest.out == f"{own}:live now points to {second}\n"
    assert "already pointed" in on_platform("model", "alias", f"{own}:live", second).out
    history = on_platform("model", "history", f"{own}:live", "--output", "json").document
    assert [change["run"] for change in history] == [second, first]
    unknown = on_platform("model", "alias", f"{own}:live", f"{own}.r9.train")
    assert unknown.code == 2 and f"has no run `{own}.r9.train`" in unknown.err
