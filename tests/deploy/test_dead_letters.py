"""Dead letters as people read them, and which of them can be sent back."""

from dataclasses import replace
from typing import Any

import pytest

from amml_deploy.dead_letters import WIDTH, counts, document, lines, obstacle
from amml_runtime.component import Origin
from amml_runtime.letters import Letter

RECORD = Letter(3, 0, "topic", 1, "not JSON: x", Origin("co2.raw", 0, 7, 8), b"\xff{\x1b[2J")
ROW = Letter(4, 1000, "mean_std", 1, "late", Origin("amml.hot.r1.topic", 0, 0, 9), b"{}", row=b"r")


@pytest.fixture
def plan(planned: Any) -> Any:
    return planned('topic name="co2.raw" | mean_std | print')


def test_letters_are_counted_by_step_and_kind_of_reason() -> None:
    other = replace(RECORD, reason="not JSON: y", at_ms=2000)
    found = [(each["step"], each["reason"], each["letters"], each["newest"])
             for each in counts("hot", [RECORD, ROW, other])]  # fmt: skip
    assert found == [
        ("topic", "not JSON", 2, "1970-01-01T00:00:02.000+00:00"),
        ("mean_std", "late", 1, "1970-01-01T00:00:01.000+00:00"),
    ]


def test_what_could_move_a_terminal_is_escaped() -> None:
    shown = lines(document(RECORD, ()))
    assert r"\xff{\x1b[2J" in shown
    assert "\x1b" not in shown


def test_a_long_letter_is_cut_and_says_how_long_it_is() -> None:
    last = lines(document(replace(RECORD, value=b"a" * 5000, full_size=2_000_000), ()))
    assert last.splitlines()[1] == f"    {'a' * WIDTH}... 2000000 bytes"


@pytest.mark.parametrize("letter", [RECORD, ROW], ids=["record", "row"])
def test_a_record_and_a_row_can_be_sent_back(plan: Any, letter: Letter) -> None:
    assert obstacle(letter, plan) is None


def test_a_letter_that_was_replayed_and_refused_again_can_be_sent_back(plan: Any) -> None:
    again = Origin("amml.hot.r1.dlq.replay", 0, 0, 1)
    assert obstacle(replace(RECORD, source=again), plan) is None


@pytest.mark.parametrize(
    ("letter", "why"),
    [
        (replace(RECORD, run=2), "it is of run 2"),
        (replace(RECORD, step="gone"), "no step `gone` any more"),
        (replace(ROW, row=None), "too large to be kept"),
        (replace(RECORD, source=Origin("co2.raw", 0, 7, 9)), "too large to be kept"),
        (replace(RECORD, reason="the row is larger than 9 bytes"), "too large to be kept"),
        (replace(ROW, source=Origin("other", 0, 0, 1)), "a side input"),
    ],
)
def test_where_a_letter_cannot_be_sent_back_it_is_told_why(
    plan: Any, letter: Letter, why: str
) -> None:
    assert why in (obstacle(letter, plan) or "")


def test_a_row_of_a_file_is_told_to_be_mended_there(planned: Any) -> None:
    plan = planned('source id="ett" | print')
    letter = replace(RECORD, step="source", source=Origin("source", 0, 0, 1))
    assert "mend the source and start a new run" in (obstacle(letter, plan) or "")
