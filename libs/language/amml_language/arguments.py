"""A component's arguments, bound to the parameters of its signature.

One bare value binds the first parameter; only columns take several. A component of assignments
(`eval a = x, b = y`) has no other parameters: there, names are new columns.
"""

import re
from collections.abc import Collection
from difflib import get_close_matches

from amml_language.bound import Assignments, BoundArgument, BoundValue, Callback
from amml_language.diagnostics import Diagnostic
from amml_language.parser import forgotten_pipe
from amml_language.signature import Kind, Parameter, Signature
from amml_language.tree import Argument, Comparison, Component, Duration, Name, Span
from amml_language.values import Refused, bind_value, refuse

_WORD = re.compile(r"[^\W\d]\w*")
_EXAMPLES: dict[type | None, str] = {
    str: '"..."',
    bool: "true",
    int: "1",
    float: "1.0",
    Duration: "10m",
}


def bind_arguments(
    component: Component,
    signature: Signature,
    components: Collection[str],
    text: str,
    problems: list[Diagnostic],
) -> tuple[BoundArgument, ...]:
    """Bind what a component was given; arguments at fault are reported and left out.

    Parameters:
        components: every name that a stage may have, to tell a forgotten `|` by.
    """
    if swallowed := _swallowed_component(component, components, text):
        problems.append(swallowed)
        return ()
    binding = _Binding(component, signature, text)
    if binding.first and binding.first.kind is Kind.ASSIGNMENTS:
        bound = binding.assignments(binding.first)
    else:
        bound = binding.parameters()
    problems.extend(binding.problems)
    return bound


def nearest(name: str, names: Collection[str]) -> str:
    """`did you mean ...?`, if one of the names is near; else nothing."""
    close = get_close_matches(name, list(names), 1)
    return f"did you mean `{close[0]}`?" if close else ""


class _Binding:
    def __init__(self, component: Component, signature: Signature, text: str) -> None:
        self.problems: list[Diagnostic] = []
        self.first = signature.parameters[0] if signature.parameters else None
        self._component = component
        self._signature = signature
        self._text = text
        self._bound: dict[str, BoundArgument] = {}
        self._columns: dict[str, Span] = {}  # of bare values

    def parameters(self) -> tuple[BoundArgument, ...]:
        for argument in self._component.arguments:
            try:
                self._bind(argument)
            except Refused as refused:
                self.problems.extend(refused.diagnostics)
        if self._columns and self.first:
            starts, ends = [*self._columns.values()][0].start, [*self._columns.values()][-1].end
            self._set(self.first, tuple(self._columns), Span(starts, ends))
        if not self.problems:  # what is missing may be what was refused
            self._check_missing()
        return tuple(self._bound.values())

    def assignments(self, parameter: Parameter) -> tuple[BoundArgument, ...]:
        made: dict[str, Callback] = {}
        for argument in self._component.arguments:
            try:
                column = self._new_column(argument)
                if column in made:
                    help = "use a stage of its own to compute it anew"
                    raise refuse("E203", f"`{column}` is set twice", argument.span, help)
                made[column] = Callback(argument.value)
            except Refused as refused:
                self.problems.extend(refused.diagnostics)
        if not made and not self.problems and parameter.required:
            help = f"write `{self._signature.name} new = ...`"
            message = f"`{self._signature.name}` needs an assignment"
            self._report("E202", message, self._component.name_span, help)
        assignments = Assignments(tuple(made.items()))
        return (BoundArgument(parameter, assignments, self._component.span),) if made else ()

    def _new_column(self, argument: Argument) -> str:
        value = argument.value
        if argument.name is not None:
            return argument.name
        if isinstance(value, Comparison) and value.comparators[0] == "==":
            span = self._sign(value)
            raise refuse("E211", "`==` compares", span, "to set a column write `=`")
        help = "write `new = ...`"
        raise refuse("E213", "the new column has no name", value.span, help)

    def _bind(self, argument: Argument) -> None:
        if argument.name is None:
            self._bind_bare(argument)
        else:
            self._bind_named(argument, argument.name, argument.name_span or argument.span)

    def _bind_bare(self, argument: Argument) -> None:
        self._refuse_setting_by_comparison(argument)
        first = self.first
        if first is None:
            message = f"`{self._signature.name}` takes no arguments"
            raise refuse("E204", message, argument.span)
        if first.kind is Kind.COLUMNS and not self._bound:
            self._add_columns(first, argument)
        elif self._bound or argument is not self._component.arguments[0]:
            raise self._one_too_many(first, argument)
        else:
            self._set(first, self._value(first, argument), argument.span)

    def _one_too_many(self, first: Parameter, argument: Argument) -> Refused:
        if first.kind is Kind.SCRIPT:
            message = f"a `,` ends the argument `{first.name}`"
            return refuse("E212", message, argument.span, "join conditions with `and`")
        if any(each.name for each in self._component.arguments[:1]):
            return refuse("E111", "bare values come first", argument.span, "put it first")
        free = [each for each in self._signature.parameters[1:] if each.name not in self._bound]
        source = self._text[argument.span.start : argument.span.end]
        help = f"name it, as in `{free[0].name}={source}`" if free else ""
        return refuse("E204", "only one value may be bare", argument.span, help)

    def _add_columns(self, first: Parameter, argument: Argument) -> None:
        added = self._value(first, argument)
        for name in added if isinstance(added, tuple) else ():
            if name in self._columns:
                raise refuse("E203", f"`{name}` is named twice", argument.span)
            self._columns[name] = argument.span

    def _bind_named(self, argument: Argument, name: str, span: Span) -> None:
        parameter = self._signature.parameter(name)
        if parameter is None:
            raise self._unknown(name, argument, span)
        if parameter.name in self._bound:
            raise refuse("E203", f"`{name}` is given twice", span)
        self._set(parameter, self._value(parameter, argument), argument.span)

    def _unknown(self, name: str, argument: Argument, span: Span) -> Refused:
        help = nearest(name, [each.name for each in self._signature.parameters])
        first = self.first
        if first and first.kind is Kind.SCRIPT and not help:
            sign = self._text.index("=", span.end)
            if first.name in self._bound:
                help = "join conditions with `and`, compare with `==`"
                message = f"a `,` ends the argument `{first.name}`"
                return refuse("E212", message, argument.span, help)
            message = f"`=` sets a parameter, and `{name}` is none"
            return refuse("E210", message, Span(sign, sign + 1), "to compare write `==`")
        message = f"`{self._signature.name}` has no parameter `{name}`"
        return refuse("E201", message, span, help or self._list_parameters())

    def _list_parameters(self) -> str:
        names = ", ".join(f"`{each.name}`" for each in self._signature.parameters)
        return f"it has {names}" if names else "it has none"

    def _refuse_setting_by_comparison(self, argument: Argument) -> None:
        value = argument.value
        if not isinstance(value, Comparison) or value.comparators[0] != "==":
            return
        left = value.operands[0]
        if isinstance(left, Name) and self._signature.parameter(left.name):
            help = "to set the parameter write `=`"
            raise refuse("E211", f"`{left.name}` is a parameter", self._sign(value), help)

    def _sign(self, comparison: Comparison) -> Span:
        # The parser may have read another sign as `==`: they all begin with a `=`.
        start = self._text.index("=", comparison.operands[0].span.end)
        return Span(start, start + 2)

    def _value(self, parameter: Parameter, argument: Argument) -> BoundValue:
        return bind_value(parameter, argument.value, self._text)

    def _set(self, parameter: Parameter, value: BoundValue, span: Span) -> None:
        self._bound[parameter.name] = BoundArgument(parameter, value, span)

    def _check_missing(self) -> None:
        for parameter in self._signature.parameters:
            if parameter.required and parameter.name not in self._bound:
                name = parameter.name
                message = f"`{self._signature.name}` needs `{name}`"
                help = f"write `{self._component.name} {name}={_example(parameter)}`"
                self._report("E202", message, self._component.name_span, help)

    def _report(self, code: str, message: str, span: Span, help: str) -> None:
        self.problems.append(Diagnostic(code, message, span, help))


def _example(parameter: Parameter) -> str:
    if parameter.kind is Kind.SECRET:
        return 'secret("...")'
    return _EXAMPLES.get(parameter.value_type, "...") if parameter.kind is Kind.VALUE else "..."


def _swallowed_component(
    component: Component, components: Collection[str], text: str
) -> Diagnostic | None:
    """The first bare value, if it is a component's name at the start of a line below."""
    if not component.arguments or component.arguments[0].name is not None:
        return None
    start = component.arguments[0].value.span.start
    word = _WORD.match(text, start)
    if word and word[0] in components and "\n" in text[component.name_span.end : start]:
        return Diagnostic(*forgotten_pipe(word[0], Span(*word.span())))
    return None
