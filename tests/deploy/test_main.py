"""The `amml` command as a whole: help, wrong words, exit codes."""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

Amml = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def amml(tmp_path: Path) -> Amml:
    """Run the command where no platform is."""
    environ = os.environ | {"AMML_HOME": str(tmp_path / "home"), "NO_COLOR": "1"}
    for name in ("AMML_CONTROL", "AMML_TOKEN_FILE"):
        environ.pop(name, None)

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "amml_deploy", *words]
        return subprocess.run(command, capture_output=True, text=True, env=environ)

    return run


def test_help_opens_with_examples_and_lists_every_command(amml: Amml) -> None:
    done = amml("--help")
    assert done.returncode == 0
    assert done.stdout.index("amml up") < done.stdout.index("Commands:")
    for name in ("up", "down", "deploy", "list"):
        assert f"\n  {name} " in done.stdout


def test_the_version_is_that_of_the_package(amml: Amml) -> None:
    assert amml("--version").stdout == f"amml {version('amml-deploy')}\n"


@pytest.mark.parametrize("name", ["up", "down"])
def test_the_help_of_a_command_has_examples(amml: Amml, name: str) -> None:
    done = amml(name, "--help")
    assert f"\n  amml {name}\n" in done.stdout


def test_a_mistyped_command_gets_its_nearest_neighbour(amml: Amml) -> None:
    done = amml("depoly")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean `amml deploy`?" in done.stderr


@pytest.mark.parametrize("words", [["nonsense"], ["up", "--wrong"], ["down", "--output", "xml"]])
def test_wrong_words_are_exit_code_2(amml: Amml, words: list[str]) -> None:
    done = amml(*words)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_home_of_somebody_elses_is_exit_code_2_and_one_message(
    amml: Amml, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").touch()
    done = amml("up")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: AMML_HOME: ")
    assert done.stderr.count("\n") == 1


def test_a_platform_that_is_not_there_is_exit_code_1(amml: Amml) -> None:
    done = amml("list")
    assert (done.returncode, done.stdout) == (1, "")
    assert "amml up" in done.stderr


def test_down_without_a_platform_is_done_already(amml: Amml, tmp_path: Path) -> None:
    done = amml("down", "--purge", "--output", "json")
    home = str(tmp_path / "home")
    assert done.stdout == f'{{\n  "home": "{home}",\n  "purged": true\n}}\n'


def test_lint_as_json_keeps_its_exit_code(amml: Amml) -> None:
    done = amml("lint", "filter a = 1", "--output", "json")
    assert (done.returncode, done.stderr) == (2, "")
