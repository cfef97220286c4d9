"""What is made of the words of the `docker` command; a program of the test speaks them."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from amml_deploy.backends.docker import Docker
from amml_deploy.backends.programs import ProgramError

Says: TypeAlias = Callable[[str], Docker]


@pytest.fixture
def says(tmp_path: Path) -> Says:
    """A program that does as the script tells."""

    def make(script: str) -> Docker:
        program = tmp_path / "docker"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        return Docker(str(program))

    return make


def test_where_there_is_no_docker_the_message_says_what_to_do() -> None:
    with pytest.raises(ProgramError, match="install it with its compose plugin, or use --target"):
        Docker("no-such-program").check()
    with pytest.raises(ProgramError, match="No such file"):
        Docker("no-such-program").run("ps")


def test_a_failure_is_told_in_dockers_own_words(says: Says) -> None:
    docker = says('echo "Cannot connect to the Docker daemon" >&2; exit 1')
    with pytest.raises(ProgramError, match=r"docker version .*` failed\n  Cannot connect"):
        docker.check()


def test_the_errors_of_a_container_are_among_its_lines(says: Says) -> None:
    """A step tells on stderr why it ends."""
    docker = says("echo one; echo two >&2; echo three")
    assert list(docker.lines("logs", "x")) == ["one", "two", "three"]


def test_following_ends_when_nobody_listens_any_more(says: Says) -> None:
    lines = says("echo one; exec sleep 600").lines("logs", "--follow", "x")
    assert next(lines) == "one"
    lines.close()  # pyright: ignore[reportAttributeAccessIssue] - it is a generator


def test_a_container_that_has_gone_meanwhile_is_left_out(says: Says) -> None:
    docker = says("""case "$*" in
        *label*) echo a; echo b ;;
        ps*) echo a ;;
        "inspect a") echo "[1]" ;;
        *) exit 1 ;;
    esac""")
    assert docker.containers("amml-hot") == [1]
