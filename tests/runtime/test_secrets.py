"""`${secret:NAME}` in what a step is told."""

from pathlib import Path

import pytest

from amml_runtime.errors import WorkflowFault
from amml_runtime.secrets import read, resolve

CANARY = "c4n4ry-päss"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one secret, `hall`."""
    (tmp_path / "hall").write_text(CANARY + "\n", encoding="utf-8")
    return tmp_path


def test_a_reference_becomes_the_value_without_its_line_break(folder: Path) -> None:
    assert resolve("postgresql://u:${secret:hall}@db", folder) == f"postgresql://u:{CANARY}@db"
    (folder / "hall").write_text(CANARY + "\r\n", encoding="utf-8")
    assert read("hall", folder) == CANARY


def test_a_value_is_not_read_for_further_references(folder: Path) -> None:
    (folder / "odd").write_text("${secret:hall}", encoding="utf-8")
    assert resolve("${secret:odd}", folder) == "${secret:hall}"


def test_other_braces_stay(folder: Path) -> None:
    assert resolve("${topic}-${env:HOME}", folder) == "${topic}-${env:HOME}"


@pytest.mark.parametrize("name", ["", "../hall", "/etc/passwd", "Hall", "a.b", "a\nb", "a" * 65])
def test_no_name_leads_out_of_the_folder(folder: Path, name: str) -> None:
    with pytest.raises(WorkflowFault, match="the name of a secret matches"):
        resolve(f"${{secret:{name}}}", folder)


def test_what_is_missing_is_named_with_the_way_to_set_it(folder: Path) -> None:
    with pytest.raises(WorkflowFault, match="amml secret set lab"):
        resolve("${secret:lab}", folder)


def test_no_message_holds_a_value(folder: Path) -> None:
    (folder / "hall").write_bytes(b"c4n4ry\xff")
    with pytest.raises(WorkflowFault) as caught:
        read("hall", folder)
    assert "UTF-8" in str(caught.value) and "c4n4ry" not in str(caught.value)
    assert caught.value.__suppress_context__  # its trace would hold the bytes
