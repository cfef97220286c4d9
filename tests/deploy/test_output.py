import json

import pytest

from amml_deploy.output import as_json_line, cell, progress_bytes, say, table


def test_a_table_is_aligned_under_wide_characters() -> None:
    lines = table(["NAME", "N"], [["温度", 1], ["abc", 20]]).split("\n")
    assert lines == ["NAME   N", "温度   1", "abc   20"]


def test_an_empty_table_is_its_headers() -> None:
    assert table(["NAME", "ROWS"], []) == "NAME  ROWS"


@pytest.mark.parametrize("value", ["\x1b[2J", "\x07", "\u202e", ["\x1b"]])
def test_no_control_character_reaches_the_terminal(value: object) -> None:
    assert cell(value).isprintable()


def test_talk_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    say("hello")
    assert capsys.readouterr() == ("", "hello\n")


def test_in_a_pipe_progress_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bytes("reading") as progress:
        progress(1, 2)
    assert capsys.readouterr() == ("", "")


def test_a_line_of_json_holds_any_document_on_one_line() -> None:
    assert json.loads(as_json_line({"a": "x\ny"})) == {"a": "x\ny"}
    assert "\n" not in as_json_line({"a": "x\ny"})
