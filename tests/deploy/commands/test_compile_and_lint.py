"""The two commands that need no platform, as a user calls them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from amml_deploy.commands.compile import command as compile_command
from amml_deploy.commands.lint import command as lint_command
from amml_deploy.errors import UserError


def run(command: Any, *arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, catch_exceptions=False, standalone_mode=False)


def test_compile_shows_both_bytecodes_of_a_fragment() -> None:
    lines = run(compile_command, "filter cond = co2 > 1000").output.splitlines()
    assert [line.split("#")[0].rstrip() for line in lines] == [
        "create    0 filter",
        "label     0 filter",
        "script    0 cond",
        "    r0 <- column co2",
        "    r1 <- constant 1000",
        "    r2 <- greater r0 r1",
    ]


def test_compile_gives_the_program_as_json() -> None:
    document = json.loads(run(compile_command, "select a", "--output", "json").output)
    assert document["text"] == "select a"
    assert [each["op"] for each in document["instructions"]] == ["create", "label", "argument"]


def test_a_file_is_read_and_a_missing_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "hot.amml"
    file.write_text("# hot\nsource id='ett' | print\n", encoding="utf-8")
    assert run(lint_command, str(file)).output == "ok: 2 steps\n"
    with pytest.raises(UserError, match="none.amml cannot be read: No such file"):
        run(lint_command, str(tmp_path / "none.amml"))


def test_lint_tells_everything_that_is_wrong_at_once() -> None:
    with pytest.raises(UserError) as error:
        run(lint_command, "source id=1 | prnt")
    assert [line for line in str(error.value).splitlines() if line.startswith("error")] == [
        "error[E205]: `id` takes text, not a whole number",
        "error[E103]: unknown component `prnt`",
    ]
    assert error.value.exit_code == 2


def test_lint_gives_problems_as_json_too() -> None:
    result = run(lint_command, "source id='ett'", "--output", "json")
    document = json.loads(result.output)
    assert (document["ok"], [each["code"] for each in document["problems"]]) == (False, ["E119"])


def test_lint_explains_a_code() -> None:
    assert run(lint_command, "--explain", "e103").output.startswith("E103: No component")
    with pytest.raises(UserError, match="no diagnostic has the code E999"):
        run(lint_command, "--explain", "E999")


def test_compile_needs_no_platform(tmp_path: Path) -> None:
    environment = {**os.environ, "AMML_HOME": str(tmp_path / "none")}
    command = [sys.executable, "-m", "amml_deploy", "compile", "select a"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("words", [["compile"], ["lint"], ["plan", "hot"], ["deploy", "hot"]])
def test_a_text_without_quotes_is_told_of_them(amml: Callable[..., Any], words: list[str]) -> None:
    ran = amml(*words, "source", "id=ett")
    assert (ran.code, ran.out) == (2, "")
    assert "stands in single quotes: 'source id=" in ran.err
