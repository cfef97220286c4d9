"""Tokens to a tree, by descent with two tokens of look-ahead.

    workflow   := flow (";" flow)* [";"]
    flow       := stage ("|" stage)*
    stage      := [label ":"] component | "(" flow (";" flow)* [";"] ")"
    component  := NAME [argument ("," argument)*]
    argument   := NAME "=" expression | expression

A fault ends its stage: reading goes on at the next `|`, `;` or `)`, so that all faults are
reported at once.
"""

from collections.abc import Container

from amml_language.cursor import Cursor, Enough, Fault
from amml_language.diagnostics import Diagnostic, raise_all
from amml_language.expressions import check_depth, expression
from amml_language.tokens import Token, TokenKind, scan
from amml_language.tree import (
    Argument,
    Component,
    Expression,
    Flow,
    Group,
    Span,
    Stage,
    Workflow,
)

MOST_STAGES = 1000
_VALUES = (TokenKind.NAME, TokenKind.STRING, TokenKind.NUMBER, TokenKind.DURATION)


def parse(tokens: list[Token], text: str) -> Workflow:
    """Read the tokens of a text as a workflow.

    Errors: LanguageError, with every fault of the grammar.

    >>> from amml_language.tokens import tokenize
    >>> text = 'source id="ett" | print'
    >>> [stage.name for stage in parse(tokenize(text), text).flows[0].stages]
    ['source', 'print']
    """
    problems: list[Diagnostic] = []
    workflow, _ = read(tokens, text, problems)
    raise_all(text, problems)
    return workflow


def parse_expression(text: str) -> Expression:
    """Read a text as one expression of a callback script.

    Errors: LanguageError, the text is none.

    >>> parse_expression("co2 > 1000").comparators
    ('>',)
    """
    problems: list[Diagnostic] = []
    c = Cursor(scan(text, problems), text, problems)
    found: list[Expression] = []
    try:
        found.append(_checked_expression(c))
        if not c.at_kind(TokenKind.END):
            c.unexpected("an operator is missing before it")
    except (Fault, Enough):
        pass
    raise_all(text, problems)
    return found[0]


def read(
    tokens: list[Token],
    text: str,
    problems: list[Diagnostic],
    components: Container[str] | None = None,
) -> tuple[Workflow, bool]:
    """Parse, adding faults to `problems`; tell whether the tree is whole, or lacks stages.

    Where `components` are known, a name that begins a line is told from a forgotten comma.
    """
    parser = _Parser(Cursor(tokens, text, problems), components)
    try:
        return Workflow(parser.flows(), text), parser.is_whole
    except Enough:
        return Workflow((), text), False


class _Parser:
    def __init__(self, cursor: Cursor, components: Container[str] | None) -> None:
        self._c = cursor
        self._components = components
        self._stages = 0
        self.is_whole = True

    def flows(self, opening: Token | None = None) -> tuple[Flow, ...]:
        """Flows up to the end: of the text, or of the group that `opening` begins."""
        c = self._c
        flows = [self._flow()]
        while not c.at_kind(TokenKind.END):
            if c.at(")"):
                if opening:
                    break
                c.report("E107", "this `)` closes nothing", c.take().span, "leave it out")
                self.is_whole = False
                flows.extend([self._flow()] if c.accept("|") or not c.at_stage_end() else [])
            elif c.accept(";") and not c.at(")") and not c.at_kind(TokenKind.END):
                flows.append(self._flow())
        return tuple(flow for flow in flows if flow.stages)

    def _flow(self) -> Flow:
        c = self._c
        start = c.peek().span.start
        stages = [self._stage()]
        while c.accept("|"):
            stages.append(self._stage())
        return Flow(tuple(s for s in stages if s), Span(start, max(start, c.end())))

    def _stage(self) -> Stage | None:
        c = self._c
        depth, c.open = c.depth, 0
        try:
            stage = self._group() if c.at("(") else self._labelled()
            if not c.at_stage_end():
                c.unexpected(self._missing_sign())
            return stage
        except Fault:
            c.depth, self.is_whole = depth, False
            c.skip_stage()
            return None

    def _missing_sign(self) -> str:
        name = self._c.peek().text
        if self._components is not None and name in self._components:
            return f"write `| {name}`"
        return "write `|` before a component, `,` before an argument"

    def _group(self) -> Group:
        c = self._c
        opening = c.peek()
        c.deeper()
        c.take()
        flows = self.flows(opening)
        if not c.accept(")"):
            c.fail("E107", "this `(` is not closed", opening.span, "add `)`")
        c.depth, c.open = c.depth - 1, 0
        return Group(flows, Span(opening.span.start, c.end()))

    def _labelled(self) -> Stage | None:
        c = self._c
        if not (c.at_kind(TokenKind.NAME) and c.at(":", ahead=1)):
            return self._component(None)
        label = c.take()
        c.take()
        if c.at("("):
            c.report("E114", "a group has no label", label.span, "label a step in it")
            return self._group()
        return self._component(label)

    def _component(self, label: Token | None) -> Component:
        c = self._c
        self._count()
        if c.at_stage_end():
            place = c.peek().span if not c.at_kind(TokenKind.END) else Span(c.end(), c.end())
            c.fail("E108", "a component is missing here", place)
        if not c.at_kind(TokenKind.NAME):
            c.unexpected("a component's name is due here")
        name = c.take()
        arguments = self._arguments()
        start = (label or name).span.start
        return Component(
            name=name.text,
            arguments=arguments,
            span=Span(start, c.end()),
            name_span=name.span,
            label=label.text if label else None,
            label_span=label.span if label else None,
        )

    def _count(self) -> None:
        self._stages += 1
        if self._stages > MOST_STAGES:
            message = f"a workflow of more than {MOST_STAGES} stages"
            self._c.report("E109", message, self._c.peek().span)
            raise Enough

    def _arguments(self) -> tuple[Argument, ...]:
        c = self._c
        arguments: list[Argument] = []
        if self._forgot_pipe():
            c.insert("|")
        while not c.at_stage_end() or arguments:
            arguments.append(self._argument())
            if not c.at(","):
                self._forgotten_sign()
            if not c.accept(","):
                break
        return tuple(arguments)

    def _argument(self) -> Argument:
        c = self._c
        name = None
        if c.at_kind(TokenKind.NAME) and c.at("=", ahead=1):
            name = c.take()
            c.take()
        value = _checked_expression(c)
        start = name.span.start if name else value.span.start
        return Argument(
            name=name.text if name else None,
            value=value,
            span=Span(start, value.span.end),
            name_span=name.span if name else None,
        )

    def _forgot_pipe(self) -> bool:
        """Whether a component without arguments is followed by one on a line of its own."""
        c = self._c
        names = c.at_kind(TokenKind.NAME) and c.begins_line() and self._may_be_component()
        if names and c.at_kind(*_VALUES, ahead=1):
            self._report_forgotten_pipe()
            return True
        return False

    def _forgotten_sign(self) -> None:
        """After an argument, put in the `|` or `,` that is missing before a name."""
        c = self._c
        if not c.at_kind(TokenKind.NAME):
            return
        if c.at("=", ahead=1) or (c.begins_line() and not self._may_be_component()):
            name = c.peek()
            c.report(
                "E106", f"`,` is missing before `{name.text}`", name.span, f"write `, {name.text}`"
            )
            c.insert(",")
        elif c.begins_line():
            self._report_forgotten_pipe()
            c.insert("|")

    def _may_be_component(self) -> bool:
        return self._components is None or self._c.peek().text in self._components

    def _report_forgotten_pipe(self) -> None:
        self.is_whole = False  # a `;` may have been meant
        name = self._c.peek()
        self._c.report(*forgotten_pipe(name.text, name.span))


def forgotten_pipe(name: str, span: Span) -> tuple[str, str, Span, str]:
    """The diagnostic for a component that begins a line with nothing to join it."""
    help = f"write `| {name}` to go on, `; {name}` to begin a new flow"
    return "E112", f"`;` or `|` is missing before `{name}`", span, help


def _checked_expression(c: Cursor) -> Expression:
    found = expression(c)
    check_depth(c, found)
    return found
