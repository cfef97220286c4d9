import pytest
from hypothesis import given
from hypothesis import strategies as st

from amml_language.diagnostics import LanguageError
from amml_language.tokens import Token, TokenKind, tokenize
from amml_language.tree import Constant, Duration


def only(text: str) -> Token:
    token, end = tokenize(text)
    assert end.kind is TokenKind.END
    return token


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("9223372036854775807", 2**63 - 1),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("25e-1", 2.5),
        ("'it'", "it"),
        ('"a\\n\\x41\\u00e9\\U0001f321\\""', 'a\nA\u00e9\U0001f321"'),
        ("'温度'", "温度"),
        ("500ms", Duration(500_000)),
        ("1w2d3h4m5s6ms", Duration(788_645_006_000)),
        ("true", True),
        ("False", False),
        ("None", None),
    ],
)
def test_a_literal_has_its_value(text: str, value: Constant) -> None:
    token = only(text)
    assert (type(token.value), token.value) == (type(value), value)


@pytest.mark.parametrize("name", ["OT", "_time", "co2_2", "温度", "CO₂", "हवा", "Größe"])
def test_a_name_has_letters_and_digits_of_any_script(name: str) -> None:
    assert (only(name).kind, only(name).text) == (TokenKind.NAME, name)


def test_names_are_normalised_but_spans_count_the_text() -> None:
    token = only("e\u0301te\u0301")
    assert (token.text, token.span.end) == ("été", 5)


@pytest.mark.parametrize("text", ["# all of it", "  \t\r\n # one\n# two", ""])
def test_blanks_newlines_and_comments_are_nothing(text: str) -> None:
    assert [token.kind for token in tokenize(text)] == [TokenKind.END]


def test_a_hash_in_a_string_is_no_comment() -> None:
    assert only('"a # b"').value == "a # b"


@pytest.mark.parametrize("text", ["12abc", "1h30", "1.5.2", "5.", "1e", "2h1h", "1h1h", "3µs"])
def test_a_number_ends_at_a_character_that_is_no_word(text: str) -> None:
    with pytest.raises(LanguageError) as caught:
        tokenize(text)
    assert [each.code for each in caught.value.diagnostics] == ["E104"]


@pytest.mark.parametrize("text", ["9" * 5000, "9" * 5000 + "s", "1e" + "9" * 5000, "1." + "0" * 9])
def test_very_long_numbers_are_answered(text: str) -> None:
    if text.startswith("1."):
        assert only(text).value == 1.0
    else:
        with pytest.raises(LanguageError):
            tokenize(text)


@given(st.text(st.characters()))
def test_any_text_is_tokens_or_a_language_error(text: str) -> None:
    try:
        tokens = tokenize(text)
    except LanguageError as error:
        assert str(error)
    else:
        ends = [token.span for token in tokens]
        assert all(a.end <= b.start for a, b in zip(ends, ends[1:], strict=False))
