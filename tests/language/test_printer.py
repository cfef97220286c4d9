import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amml_language.parser import parse, parse_expression
from amml_language.printer import show, show_expression
from amml_language.tokens import WORDS, tokenize
from amml_language.tree import (
    Argument,
    Binary,
    Call,
    Comparison,
    Component,
    Conditional,
    Duration,
    Expression,
    Flow,
    Group,
    ListOf,
    Name,
    Scalar,
    Span,
    Unary,
    Workflow,
)

NOWHERE = Span(0, 0)
# Words that are habits from elsewhere are no names: they are answered with ours.
_HABITS = {"is", "like", "between", "null", "true", "false", "and", "or", "not", "in", "if", "else"}
_LETTERS = st.characters(categories=["Lu", "Ll", "Lo"], max_codepoint=0xFFFF)


def _is_name(word: str) -> bool:
    if word in WORDS or word.lower() in _HABITS:
        return False
    return len(tokens := tokenize(word)) == 2 and tokens[0].text == word


names = st.one_of(
    st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True), st.text(_LETTERS, min_size=1)
).filter(_is_name)
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 2**63 - 1),
    st.floats(min_value=0, allow_infinity=False, allow_nan=False).map(abs),  # no -0.0
    st.text(characters, max_size=8),
    st.integers(0, 2**53).map(lambda n: Duration(n * 1000)),
).map(lambda value: Scalar(value, NOWHERE))
leaves = scalars | names.map(lambda name: Name(name, NOWHERE))


def _tuples(items: st.SearchStrategy[Any], low: int, high: int) -> st.SearchStrategy[Any]:
    return st.lists(items, min_size=low, max_size=high).map(tuple)


def _comparisons(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    signs = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "not in"])
    return st.integers(1, 3).flatmap(
        lambda n: st.builds(
            Comparison, _tuples(inner, n + 1, n + 1), _tuples(signs, n, n), st.just(NOWHERE)
        )
    )


def _compounds(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    binary = st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "and", "or"])
    here = st.just(NOWHERE)
    return st.one_of(
        st.builds(ListOf, _tuples(inner, 0, 3), here),
        st.builds(Unary, st.sampled_from(["-", "+", "not"]), inner, here),
        st.builds(Binary, binary, inner, inner, here),
        _comparisons(inner),
        st.builds(Conditional, inner, inner, inner, here),
        st.builds(Call, names, _tuples(inner, 0, 3), here, here),
    )


expressions = st.recursive(leaves, _compounds, max_leaves=25)
arguments = st.builds(Argument, st.none() | names, leaves | _compounds(leaves), st.just(NOWHERE))
components = st.builds(
    Component,
    names,
    _tuples(arguments, 0, 3),
    st.just(NOWHERE),
    st.just(NOWHERE),
    st.none() | names,
)


def _flows(stages: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return _tuples(st.builds(Flow, _tuples(stages, 1, 3), st.just(NOWHERE)), 1, 3)


stages = st.recursive(
    components, lambda inner: st.builds(Group, _flows(inner), st.just(NOWHERE)), max_leaves=8
)
workflows = st.builds(Workflow, _flows(stages), st.just(""))


def without_spans(node: Any) -> Any:
    """The tree as plain data, without the places in the text."""
    if dataclasses.is_dataclass(node):
        fields = [f.name for f in dataclasses.fields(node)]
        kept = [name for name in fields if "span" not in name and name != "text"]
        return type(node).__name__, *(without_spans(getattr(node, name)) for name in kept)
    if isinstance(node, tuple):
        return [without_spans(each) for each in node]
    return type(node).__name__, node


@given(expressions)
def test_an_expression_prints_and_parses_back_to_itself(expression: Expression) -> None:
    assert without_spans(parse_expression(show_expression(expression))) == without_spans(expression)


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])  # trees take time
@given(workflows)
def test_a_workflow_prints_and_parses_back_to_itself(workflow: Workflow) -> None:
    text = show(workflow)
    assert without_spans(parse(tokenize(text), text)) == without_spans(workflow)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("(a + (b)) + c", "a + b + c"),
        ("a + (b + c)", "a + (b + c)"),
        ("(a ** b) ** c", "(a ** b) ** c"),
        ("a ** (b ** c)", "a ** b ** c"),
        ("-(a ** -b)", "-a ** -b"),
        ("(-a) ** b", "(-a) ** b"),
        ("not (a == b)", "not a == b"),
        ("(not a) == b", "(not a) == b"),
        ("(a < b) < c", "(a < b) < c"),
        ("a < b and (c or d)", "a < b and (c or d)"),
        ("(a if b else c) if d else (e if f else g)", "(a if b else c) if d else e if f else g"),
        ("a not in ['x', \"y\"]", 'a not in ["x", "y"]'),
        ("90m", "1h30m"),
        ("None == True", "null == true"),
    ],
)
def test_parentheses_stand_only_where_they_are_needed(written: str, shown: str) -> None:
    assert show_expression(parse_expression(written)) == shown
