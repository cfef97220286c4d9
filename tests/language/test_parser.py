import pytest

from amml_language.diagnostics import LanguageError
from amml_language.parser import parse, parse_expression
from amml_language.tokens import tokenize
from amml_language.tree import Binary, Component, Group, Span, children


def test_spans_point_at_what_was_written() -> None:
    text = "hot: filter  cond = (a+b) > 1 | print"
    (flow,) = parse(tokenize(text), text).flows
    stage = flow.stages[0]
    assert isinstance(stage, Component)
    (argument,) = stage.arguments
    operand = children(argument.value)[0]
    spans = [stage.span, stage.name_span, stage.label_span, argument.span, operand.span, flow.span]
    shown = [text[span.start : span.end] for span in spans if span]
    assert shown == [text[:29], "filter", "hot", "cond = (a+b) > 1", "(a+b)", text]


def test_groups_nest() -> None:
    text = "( ( a ; b ; ) | join ; c ) | join"
    (flow,) = parse(tokenize(text), text).flows
    group = flow.stages[0]
    assert isinstance(group, Group) and isinstance(group.flows[0].stages[0], Group)


def test_reading_goes_on_after_each_fault() -> None:
    text = "a 1 2 | b ( | ( c [ ; d ) e ; f = | g"
    with pytest.raises(LanguageError) as caught:
        parse(tokenize(text), text)
    assert [each.code for each in caught.value.diagnostics] == ["E106"] * 5


@pytest.mark.parametrize("text", ["a b", "a,", "(a", "", "1 +", "a | b"])
def test_an_expression_is_all_of_its_text(text: str) -> None:
    with pytest.raises(LanguageError):
        parse_expression(text)


def test_operators_bind_to_the_left() -> None:
    found = parse_expression("a - b - c")
    assert isinstance(found, Binary) and isinstance(found.left, Binary)
    assert found.left.span == Span(0, 5)
