"""Text to workflow bytecode: the public door of the language's front."""

from collections.abc import Iterator, Mapping

from amml_language.binder import resolve
from amml_language.bound import (
    Assignments,
    BoundArgument,
    BoundStep,
    BoundWorkflow,
    Callback,
    Reference,
)
from amml_language.diagnostics import Diagnostic, LanguageError, raise_all, without_echoes
from amml_language.parser import read
from amml_language.program import (
    Create,
    Instruction,
    Link,
    Program,
    SetArgument,
    SetLabel,
    SetScript,
)
from amml_language.script import Script, compile_script
from amml_language.signature import Signature
from amml_language.tokens import scan
from amml_language.tree import Workflow
from amml_language.wiring import JOIN, SPLIT


def compile(
    source: str | Workflow, signatures: Mapping[str, Signature], fragment: bool = False
) -> Program:
    """Compile a text, or a tree that was parsed from one.

    Parameters:
        signatures: the components there are, by name.
        fragment: whether flows may lack a source and an egress, as in `filter a > 1`.
    Errors: LanguageError, with everything that is wrong, in the order of the text.
    """
    earlier: list[Diagnostic] = []
    tree, is_whole = source, True
    if isinstance(tree, str):
        tree, is_whole = _read(tree, signatures, earlier)
    problems: list[Diagnostic] = []
    bound = resolve(tree, signatures, fragment, problems, is_whole)
    program = _Emitter(bound, problems).program()
    raise_all(tree.text, earlier + without_echoes(tree.text, problems, earlier))
    return program


def _read(
    text: str, signatures: Mapping[str, Signature], problems: list[Diagnostic]
) -> tuple[Workflow, bool]:
    tokens = scan(text, problems)
    of_grammar: list[Diagnostic] = []
    tree, is_whole = read(tokens, text, of_grammar, {*signatures, SPLIT, JOIN})
    swallowed = any(each.code == "E102" for each in problems)  # an open string takes stages along
    problems.extend(without_echoes(text, of_grammar, problems))
    return tree, is_whole and not swallowed


def compile_text(text: str, signatures: Mapping[str, Signature], fragment: bool = False) -> Program:
    """Compile a text; see `compile`.

    >>> from amml_language.signature import Role
    >>> words = {"lines": Signature("lines", Role.INGRESS), "show": Signature("show", Role.EGRESS)}
    >>> [type(each).__name__ for each in compile_text("lines | show", words).instructions]
    ['Create', 'SetLabel', 'Create', 'SetLabel', 'Link']
    """
    return compile(text, signatures, fragment)


class _Emitter:
    """Writes the instructions of a bound workflow, collecting what is wrong with its scripts."""

    def __init__(self, bound: BoundWorkflow, problems: list[Diagnostic]) -> None:
        self._bound = bound
        self._problems = problems

    def program(self) -> Program:
        instructions: list[Instruction] = []
        for number, step in enumerate(self._bound.steps):
            instructions.extend(self._step(number, step))
        for link in self._bound.links:
            instructions.append(
                Link(link.source, link.target, link.kind, link.span, link.parameter)
            )
        return Program(tuple(instructions), self._bound.text)

    def _step(self, number: int, step: BoundStep) -> Iterator[Instruction]:
        component = step.component
        yield Create(number, component.name, component.name_span)
        written = component.label is not None
        yield SetLabel(number, step.label, written, component.label_span or component.name_span)
        for argument in step.arguments:
            yield from self._argument(number, argument)

    def _argument(self, number: int, argument: BoundArgument) -> Iterator[Instruction]:
        name, span = argument.parameter.name, argument.span
        match argument.value:
            case Reference():
                return  # becomes a link
            case Callback() as callback:
                yield from (SetScript(number, name, each, span) for each in self._script(callback))
            case Assignments(made):
                scripts = tuple(
                    (column, script) for column, each in made for script in self._script(each)
                )
                yield SetScript(number, name, scripts, span)
            case value:
                yield SetArgument(number, name, value, span)

    def _script(self, callback: Callback) -> Iterator[Script]:
        try:
            yield compile_script(callback.expression, self._bound.text)
        except LanguageError as error:
            self._problems.extend(error.diagnostics)
