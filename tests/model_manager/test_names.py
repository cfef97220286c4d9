"""The names that reach paths and queries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amml_model_manager.names import check, check_model_reference
from amml_model_manager.paths import Paths, RunKey

KINDS = ["workflow", "source", "model", "alias", "label", "version", "run", "file", "sha256"]
BAD = [
    "",
    ".",
    "..",
    "a/b",
    "a\\b",
    "a\0",
    "a\n",
    "\n",
    "A",
    "\u00e9",
    "a b",
    "%2e",
    "a" * 200,
    "\u0661",
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", BAD)
def test_an_odd_name_is_refused(kind: str, name: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        check(kind, name)


@given(st.sampled_from(KINDS), st.text())
def test_what_passes_is_one_plain_path_component(kind: str, name: str) -> None:
    try:
        check(kind, name)
    except ValueError:
        return
    assert name.isascii()
    assert name not in ("", ".", "..")
    assert not set(name) & set("/\\\0%\n '\"#{}")


@pytest.mark.parametrize(
    ("kind", "name"),
    [("workflow", "alerts"), ("workflow", "models"), ("label", "dlq"), ("label", "state")],
)
def test_a_reserved_name_is_refused(kind: str, name: str) -> None:
    with pytest.raises(ValueError, match="reserved"):
        check(kind, name)


def test_a_run_names_workflow_number_and_label() -> None:
    for good in ("a.r1.b", "ett-train.r12.train_lstm"):
        assert check("run", good) == good
    for bad in ("a.r0.b", "a.1.b", "a.r1", "a.r1.b-c", "a.r1.b.c", "a.r01.b"):
        with pytest.raises(ValueError, match="expected"):
            check("run", bad)
    with pytest.raises(ValueError, match="expected"):
        check_model_reference("ett")


def test_paths_check_what_they_are_given() -> None:
    paths = Paths("/amml")
    key = RunKey("ett", "0.1", "t.r1.train")
    with pytest.raises(ValueError, match="sha256 name"):
        paths.file("../../etc/passwd")
    with pytest.raises(ValueError, match="run name"):
        paths.checkpoint(RunKey("ett", "0.1", ".."), 1, "0" * 64)
    with pytest.raises(ValueError, match="version name"):
        paths.version("ett", "..")
    with pytest.raises(ValueError, match="file name"):
        paths.artefact(key, "../x.onnx", "0" * 64)
