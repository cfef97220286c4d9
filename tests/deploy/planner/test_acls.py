"""Golden rules: a text, and what who runs and who deploys it may do, in `tests/deploy/acls`."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from amml_deploy.acl_text import Principals, acl_document, acl_text
from amml_deploy.errors import UserError
from amml_runtime.spec import Plan

Planned: TypeAlias = Callable[..., Plan]

RULES = Path(__file__).parent.parent / "acls"
RULE = "----"
BOTH = Principals(deployer="User:ops")


@pytest.mark.parametrize("path", sorted(RULES.glob("*.acls")), ids=lambda path: path.stem)
def test_a_text_gives_its_rules(path: Path, planned: Planned, update_golden: bool) -> None:
    text, _, expected = path.read_text(encoding="utf-8").partition(f"\n{RULE}\n")
    found = acl_text(planned(text), BOTH, "k:9092").replace(
        "kafka-acls.sh --bootstrap-server k:9092 --command-config admin.properties --add", "..."
    )
    if update_golden:
        path.write_text(f"{text}\n{RULE}\n{found}\n", encoding="utf-8")
    else:
        assert found == expected.rstrip("\n")


def test_a_later_run_needs_no_other_rules_of_its_runner(planned: Planned) -> None:
    text = 'source id="ett" | minmax_scaler | print'
    first = planned(text)
    second = planned(text, before=first, new_run=True)
    assert (first.run, second.run) == (1, 2)
    assert acl_document(first, Principals()) == acl_document(second, Principals())


def test_rules_are_fenced_by_the_dot(planned: Planned) -> None:
    prefixes = [
        rule["name"]
        for rule in acl_document(planned('topic name="co2.raw" | print'), BOTH)["acls"]
        if rule["prefixed"]
    ]
    assert set(prefixes) == {"amml.hot.", "amml-tail-", "amml-letters-"}


def test_a_name_with_blanks_is_one_word(planned: Planned) -> None:
    certificate = "User:CN=amml hot,O=Us"
    text = acl_text(planned('topic name="co2.raw" | print'), Principals(certificate), "k:9092")
    assert f" --allow-principal '{certificate}' " in text


@pytest.mark.parametrize("wrong", ["amml-hot", "User:", ":x", "User:a\nb"])
def test_what_is_no_principal_is_refused(wrong: str) -> None:
    with pytest.raises(UserError, match="expected a principal such as User:amml-hot"):
        Principals(runner=wrong)
