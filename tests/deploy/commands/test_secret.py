"""`amml secret` as a user types it."""

import io
import sys
from collections.abc import Callable, Generator
from typing import Any

import pytest

from amml_deploy.platform.home import Platform

CANARY = "c4n4ry-päss"


class Typed(io.TextIOWrapper):
    """Stdin with these bytes in it."""

    def __init__(self, value: bytes) -> None:
        super().__init__(io.BytesIO(value), encoding="utf-8")


@pytest.fixture
def secret(platform: Platform, own: str) -> Generator[str]:
    """The name of a secret, which is removed in the end."""
    yield own
    (platform.home.secrets / own).unlink(missing_ok=True)


@pytest.mark.platform
def test_a_secret_is_set_listed_and_removed_and_its_value_never_shown(
    on_platform: Callable[..., Any],
    platform: Platform,
    secret: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", Typed(f"{CANARY}\n".encode()))
    first = on_platform("secret", "set", secret)
    assert first.out == f"secret {secret} is set; write it ${{secret:{secret}}}\n"
    assert (platform.home.secrets / secret).read_text(encoding="utf-8") == CANARY
    monkeypatch.setattr(sys, "stdin", Typed(CANARY.encode()))
    again = on_platform("secret", "set", secret, "--output", "json")
    assert again.document == {"name": secret, "changed": False}
    listed = on_platform("secret", "list", "--output", "json")
    assert {"name": secret} in listed.document
    removed = on_platform("secret", "remove", secret)
    assert removed.out == f"secret {secret} is removed\n"
    gone = on_platform("secret", "remove", secret)
    assert gone.code == 2 and "does not exist" in gone.err
    said = "".join(ran.out + ran.err for ran in (first, again, listed, removed, gone))
    assert CANARY not in said


@pytest.mark.platform
def test_on_a_terminal_the_value_is_asked_for(
    on_platform: Callable[..., Any],
    platform: Platform,
    secret: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    typed = Typed(b"")
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", typed)
    asked: list[dict[str, Any]] = []

    def prompt(text: str, **options: Any) -> str:
        asked.append(options)
        return CANARY

    monkeypatch.setattr("click.prompt", prompt)
    ran = on_platform("secret", "set", secret)
    assert ran.code == 0 and asked[0]["hide_input"] is True
    assert (platform.home.secrets / secret).read_text(encoding="utf-8") == CANARY


@pytest.mark.parametrize(
    ("value", "message"), [(b"", "is empty"), (b"\n", "is empty"), (b"c4n4ry\xff", "no UTF-8")]
)
def test_a_wrong_value_is_told_before_anything_is_asked(
    amml: Callable[..., Any], value: bytes, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Typed(value))
    ran = amml("secret", "set", "hall")
    assert ran.code == 2 and message in ran.err and "c4n4ry" not in ran.err


@pytest.mark.parametrize("words", [["set", "Hall"], ["remove", "../token"], ["set"]])
def test_a_wrong_name_is_refused(amml: Callable[..., Any], words: list[str]) -> None:
    ran = amml("secret", *words)
    assert (ran.code, ran.out) == (2, "")
