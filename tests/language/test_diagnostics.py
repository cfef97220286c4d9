import pickle

import pytest

from amml_language.codes import CODES, explain
from amml_language.diagnostics import (
    SHOWN,
    WIDEST,
    Diagnostic,
    LanguageError,
    raise_all,
    render,
)
from amml_language.tree import Span


def lines(text: str, fault: str, help: str = "") -> list[str]:
    start = text.index(fault)
    span = Span(start, start + len(fault))
    return render(text, [Diagnostic("E101", "bad", span, help)]).split("\n")


@pytest.mark.parametrize("wide", ["abc", "温度", "e\u0301", "ｆｕｌｌ", "한국", "🌡"])
def test_the_caret_sits_under_the_span_after_any_characters(wide: str) -> None:
    columns = {"abc": 3, "温度": 4, "e\u0301": 1, "ｆｕｌｌ": 8, "한국": 4, "🌡": 1}[wide]
    assert lines(f"{wide} X", "X")[2] == "  " + " " * (columns + 1) + "^"


def test_wide_characters_get_wide_carets() -> None:
    assert lines("a 温度 b", "温度") == ["error[E101]: bad", "  a 温度 b", "    ^^^^"]


def test_a_text_of_several_lines_names_the_line() -> None:
    assert lines("a\nb X\nc", "X", "go") == ["error[E101]: line 2: bad", "  b X", "    ^ go"]


def test_a_span_over_several_lines_is_marked_on_its_first() -> None:
    assert lines("a bc\nd", "bc\nd")[1:] == ["  a bc", "    ^^"]


def test_an_empty_span_at_the_end_gets_one_caret() -> None:
    fault = Diagnostic("E108", "missing", Span(3, 3), "write one")
    assert render("a |", [fault]).split("\n")[1:] == ["  a |", "     ^ write one"]


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        ("\x1b", "\\x1b"),
        ("\u202e", "\\u202e"),
        ("\r", "\\r"),
        ("\udc80", "\\udc80"),
        ("\t", "    "),
    ],
)
def test_control_characters_are_shown_escaped(character: str, shown: str) -> None:
    assert lines(f"a{character}X b", "X")[1:] == [f"  a{shown}X b", " " * (3 + len(shown)) + "^"]


def test_control_characters_in_messages_are_shown_escaped() -> None:
    fault = Diagnostic("E103", "unknown component `\x1b`", Span(0, 1), "not \x07")
    assert "\x1b" not in render("x", [fault]) and "\x07" not in render("x", [fault])


def test_a_long_line_is_cut_around_the_span() -> None:
    first, source, carets = lines("a" * 60_000 + "X" + "b" * 60_000, "X")
    assert first == "error[E101]: bad"
    assert source == "  ..." + "a" * (WIDEST // 2) + "X" + "b" * (WIDEST // 2) + "..."
    assert carets.index("^") == source.index("X")


def test_a_long_span_is_cut_too() -> None:
    _, source, carets = lines("X" * 60_000, "X" * 60_000)
    assert len(source) == len(carets) == 2 + WIDEST + 3


def test_the_first_faults_of_very_many_are_shown() -> None:
    shown = render("x", [Diagnostic("E101", "bad", Span(0, 1))] * (SHOWN + 7)).split("\n")
    assert len(shown) == 3 * SHOWN + 1 and shown[-1] == "and 7 more errors"


def test_an_error_carries_its_diagnostics_in_the_order_of_the_text() -> None:
    late, early = (Diagnostic("E101", "bad", Span(n, n + 1)) for n in (3, 1))
    with pytest.raises(LanguageError) as caught:
        raise_all("abcd", [late, early, late])
    assert caught.value.diagnostics == (early, late)
    assert str(caught.value) == render("abcd", [early, late])


def test_without_problems_nothing_is_raised() -> None:
    raise_all("abcd", [])


def test_an_error_survives_pickling() -> None:
    error = LanguageError("x", [Diagnostic("E101", "bad", Span(0, 1))])
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.text, copy.diagnostics) == (error.text, error.diagnostics)


def test_a_code_outside_the_table_is_refused() -> None:
    with pytest.raises(KeyError):
        Diagnostic("E999", "bad", Span(0, 1))


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained_in_a_paragraph(code: str) -> None:
    assert explain(code).endswith(".") and "\n" not in explain(code)
