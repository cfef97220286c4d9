"""What a component accepts: the signatures that binding checks arguments against.

The runtime derives one from each component's dataclass fields, so the language
itself knows no component.
"""

from dataclasses import dataclass
from enum import Enum

from amml_language.tree import Constant


class Kind(Enum):
    """How an argument is read; see `docs/language.md`."""

    VALUE = "value"  # folds to a constant of `value_type`
    SCRIPT = "script"  # an expression over columns, run for every row
    COLUMN = "column"  # one bare column name
    COLUMNS = "columns"  # one or more bare column names, or a list of them
    ASSIGNMENTS = "assignments"  # new columns: `a = x, b = y`
    STEP = "step"  # a label, here or as "workflow.label"
    SECRET = "secret"  # secret("name"), never a literal


class Role(Enum):
    """Where in a flow a component may stand."""

    INGRESS = "ingress"  # starts a flow
    PROGRESS = "progress"  # rows in, rows out
    EGRESS = "egress"  # ends a flow


class _Required:
    """The default of a parameter that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()


@dataclass(frozen=True)
class Parameter:
    """One parameter of a component.

    `name` is as a text has it: the field of `from` is `from_`.
    `value_type` is the type of a VALUE: `int`, `float`, `str`, `bool`, `Duration`, or None
    for any constant; an `int` literal is accepted for `float`. `nullable` says
    whether `null` is accepted.
    """

    name: str
    kind: Kind = Kind.VALUE
    value_type: type | None = None
    default: "Constant | tuple[str, ...] | _Required" = REQUIRED
    nullable: bool = False
    help: str = ""

    @property
    def required(self) -> bool:
        """Whether the argument must be written."""
        return self.default is REQUIRED


@dataclass(frozen=True)
class Signature:
    """A component's name, place and parameters, in the order bare values bind them."""

    name: str
    role: Role
    parameters: tuple[Parameter, ...] = ()
    help: str = ""

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, or None."""
        return next((p for p in self.parameters if p.name == name), None)
