"""Tokens to expressions: operators bind as in Python.

Habits from SQL, C and JavaScript are told apart here, where it is known that an
operator was due: the token is put right, so that the rest is still read.
"""

from dataclasses import replace
from typing import NoReturn, cast

from amml_language.cursor import DEEPEST, Cursor
from amml_language.tokens import Token, TokenKind
from amml_language.tree import (
    Binary,
    BinaryOperator,
    Call,
    Comparator,
    Comparison,
    Conditional,
    Expression,
    ListOf,
    Name,
    Scalar,
    Span,
    Unary,
    children,
)

LEVELS = {
    **{"or": 1, "and": 2},  # 3 is `not`
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in", "not in"), 4),
    **{"+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6},
}
NOT, COMPARE, LOOSEST = 3, 4, 1
_LITERALS = (TokenKind.NUMBER, TokenKind.DURATION, TokenKind.STRING)
_FOREIGN = {
    "between": "write `low <= {0} <= high`",
    "like": 'write `contains({0}, "...")`, or `matches` for a pattern',
}
_SHOUTED = {"TRUE": True, "FALSE": False, "NULL": None}


def expression(c: Cursor) -> Expression:
    """One expression from the cursor on; the cursor stands behind it afterwards.

    Errors: Fault, what stands there is none.
    """
    then = _operation(c, LOOSEST)
    if not c.at("if"):
        return then
    c.take()
    condition = _operation(c, LOOSEST)
    if not c.accept("else"):
        c.unexpected("a choice is written `x if condition else y`")
    c.deeper()
    otherwise = expression(c)
    c.depth -= 1
    return Conditional(condition, then, otherwise, _between(then, otherwise))


def check_depth(c: Cursor, whole: Expression) -> None:
    """Refuse a long chain such as `a + b + ...`, whose tree is as deep as the chain is long."""
    level, depth = [whole], 0
    while level:
        level = [child for node in level for child in children(node)]
        depth += 1
    if depth > DEEPEST:
        _too_deep(c, whole)


def _too_deep(c: Cursor, expression: Expression) -> NoReturn:
    help = "compute a part of it in an `eval` of its own"
    message = f"an expression more than {DEEPEST} operations deep"
    c.fail("E109", message, expression.span, help)


def _operation(c: Cursor, lowest: int) -> Expression:
    left = _negation(c) if lowest <= NOT and _at_not(c) else _unary(c)
    links = 0
    while True:
        _habits(c, left)
        operator = "not in" if c.at("not") and c.at("in", ahead=1) else c.peek().text
        level = LEVELS.get(operator, 0) if c.at(*operator.split()[:1]) else 0
        if level < lowest:
            return left
        links += 1
        if links > DEEPEST:
            _too_deep(c, left)
        if level == COMPARE:
            left = _chain(c, left)
        else:
            c.take()
            right = _deeper_operation(c, level + 1)
            left = Binary(cast(BinaryOperator, operator), left, right, _between(left, right))


def _deeper_operation(c: Cursor, lowest: int) -> Expression:
    c.deeper()
    found = _operation(c, lowest)
    c.depth -= 1
    return found


def _chain(c: Cursor, first: Expression) -> Expression:
    operands, comparators = [first], list[Comparator]()
    while comparator := _comparator(c):
        if len(operands) > DEEPEST:
            _too_deep(c, first)
        comparators.append(comparator)
        operands.append(_deeper_operation(c, COMPARE + 1))
    return Comparison(tuple(operands), tuple(comparators), _between(first, operands[-1]))


def _comparator(c: Cursor) -> Comparator | None:
    if c.at("not") and c.at("in", ahead=1):
        c.take()
        c.take()
        return "not in"
    if c.at("==", "!=", "<", "<=", ">", ">=", "in"):
        return cast(Comparator, c.take().text)
    return None


def _at_not(c: Cursor) -> bool:
    token = c.peek()
    if token.kind is TokenKind.NAME and token.text == "NOT" and _at_operand(c, ahead=1):
        c.report("E110", "words are written small", token.span, "write `not`")
        c.correct(TokenKind.WORD, "not")
    return c.at("not")


def _at_operand(c: Cursor, ahead: int) -> bool:
    words = ("(", "true", "false", "null", "not")
    return c.at_kind(TokenKind.NAME, *_LITERALS, ahead=ahead) or c.at(*words, ahead=ahead)


def _negation(c: Cursor) -> Expression:
    start = c.take().span.start
    operand = _deeper_operation(c, NOT)
    return Unary("not", operand, Span(start, operand.span.end))


def _unary(c: Cursor) -> Expression:
    if not c.at("-", "+"):
        return _power(c)
    sign = c.take()
    c.deeper()
    operand = _unary(c)
    c.depth -= 1
    operator = "-" if sign.text == "-" else "+"
    return Unary(operator, operand, Span(sign.span.start, operand.span.end))


def _power(c: Cursor) -> Expression:
    base = _atom(c)
    if not c.accept("**"):
        return base
    c.deeper()
    exponent = _unary(c)
    c.depth -= 1
    return Binary("**", base, exponent, _between(base, exponent))


def _atom(c: Cursor) -> Expression:
    token = c.peek()
    if token.kind in _LITERALS or c.at("true", "false", "null"):
        c.take()
        return Scalar(token.value, token.span)
    if token.kind is TokenKind.NAME:
        return _name_or_call(c, c.take())
    if c.at("("):
        return _parenthesised(c)
    if c.at("["):
        items = _listed(c, "[", "]")
        return ListOf(items, Span(token.span.start, c.end()))
    if c.at("*"):
        help = "name the columns, or leave `select` out to keep all"
        c.fail("E110", "`*` is not a list of columns", token.span, help)
    c.unexpected(_missing_value_help(c))


def _missing_value_help(c: Cursor) -> str:
    if c.at("not"):
        return "put it in parentheses: `(not x)`"
    if c.at("=", "==") and c.peek().span.start > 0:
        return "a value is missing before it"
    return "a value is missing here"


def _name_or_call(c: Cursor, name: Token) -> Expression:
    if c.at("("):
        arguments = _listed(c, "(", ")")
        return Call(name.text, arguments, Span(name.span.start, c.end()), name.span)
    if name.text in _SHOUTED:
        c.report("E110", "words are written small", name.span, f"write `{name.text.lower()}`")
        return Scalar(_SHOUTED[name.text], name.span)
    return Name(name.text, name.span)


def _parenthesised(c: Cursor) -> Expression:
    opening = _open(c)
    inner = expression(c)
    if c.at(","):
        c.unexpected("a list is written `[a, b]`")
    _close(c, opening, ")")
    return replace(inner, span=Span(opening.span.start, c.end()))


def _listed(c: Cursor, opening_sign: str, closing_sign: str) -> tuple[Expression, ...]:
    opening = _open(c)
    items: list[Expression] = []
    while not (not items and c.at(closing_sign)):
        _refuse_keyword(c)
        items.append(expression(c))
        if not c.accept(","):
            break
    _close(c, opening, closing_sign)
    return tuple(items)


def _refuse_keyword(c: Cursor) -> None:
    if c.at_kind(TokenKind.NAME) and c.at("=", ahead=1):
        name = c.take()
        c.take()
        help = f"leave `{name.text}=` out"
        c.report("E106", "a built-in takes its arguments by their place", name.span, help)


def _open(c: Cursor) -> Token:
    c.open += 1
    c.deeper()
    return c.take()


def _close(c: Cursor, opening: Token, sign: str) -> None:
    if not c.accept(sign):
        if c.at_stage_end() or c.at("]"):
            c.fail("E107", f"this `{opening.text}` is not closed", opening.span, f"add `{sign}`")
        c.unexpected(f"`,` or `{sign}` is due here")
    c.open -= 1
    c.depth -= 1


def _habits(c: Cursor, left: Expression) -> None:
    """Where an operator is due, put right what other languages call it."""
    if not c.at_kind(TokenKind.NAME) and not c.at("="):
        return
    source = c.text[left.span.start : left.span.end]
    while c.at_kind(TokenKind.NAME) and c.peek().text.lower() == "is":
        _is(c, source)
    _shouted_operator(c)
    token = c.peek()
    if c.at("="):
        c.report("E210", "`=` sets a parameter", token.span, "to compare write `==`")
        c.correct(TokenKind.SIGN, "==")
    elif token.kind is TokenKind.NAME and token.text.lower() in _FOREIGN:
        help = _FOREIGN[token.text.lower()].format(source)
        c.fail("E110", f"`{token.text}` is not a word of AMML", token.span, help)


def _shouted_operator(c: Cursor) -> None:
    token, small = c.peek(), c.peek().text.lower()
    if token.kind is TokenKind.NAME and small in ("and", "or", "not", "in", "if", "else"):
        c.report("E110", "words are written small", token.span, f"write `{small}`")
        c.correct(TokenKind.WORD, small)


def _is(c: Cursor, source: str) -> None:
    start = c.take().span.start
    negated = c.peek().text.lower() == "not"
    if negated:
        c.take()
    if c.peek().text.lower() not in ("null", "none"):
        help = "write `!=`" if negated else "write `==`"
        c.fail("E110", "`is` is not a word of AMML", Span(start, c.end()), help)
    c.take()
    help = f"write `{'not ' if negated else ''}is_null({source})`"
    c.report("E110", "`is null` is not an operator of AMML", Span(start, c.end()), help)


def _between(first: Expression, last: Expression) -> Span:
    return Span(first.span.start, last.span.end)
