"""Signatures like those of the real components, and golden files."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from amml_language.signature import Kind, Parameter, Role, Signature
from amml_language.tree import Duration

_COND = Parameter("cond", Kind.SCRIPT)
_OF = Parameter("of", Kind.COLUMNS, default=())
_SOURCE, _STEP, _END = Role.INGRESS, Role.PROGRESS, Role.EGRESS


def _value(name: str, kind: type, default: object = ..., nullable: bool = False) -> Parameter:
    if default is ...:
        return Parameter(name, value_type=kind, nullable=nullable)
    return Parameter(name, value_type=kind, default=default, nullable=nullable)  # pyright: ignore[reportArgumentType] a constant


_MODEL = _value("model", str)
_SIGNATURES = (
    Signature("source", _SOURCE, (_value("id", str), _value("from", str, "start"))),
    Signature(
        "normalsource",
        _SOURCE,
        (
            _value("mean", float, 0.0),
            _value("std", float, 1.0),
            _value("rows", int, None, nullable=True),
            _value("seed", int, 1),
        ),
    ),
    Signature("topic", _SOURCE, (_value("name", str),)),
    Signature("tap", _SOURCE, (Parameter("of", Kind.STEP),)),
    Signature("filter", _STEP, (_COND,)),
    Signature("select", _STEP, (Parameter("columns", Kind.COLUMNS),)),
    Signature("drop", _STEP, (Parameter("columns", Kind.COLUMNS),)),
    Signature("eval", _STEP, (Parameter("assignments", Kind.ASSIGNMENTS),)),
    Signature("key", _STEP, (Parameter("by", Kind.COLUMNS),)),
    Signature("ewma", _STEP, (Parameter("of", Kind.COLUMN), _value("alpha", float, 0.1))),
    Signature("minmax_scaler", _STEP, (_OF, _value("fit", str, None, nullable=True))),
    Signature("zscore_scaler", _STEP, (_OF,)),
    Signature("minmax_inverse", _STEP, (_OF,)),
    Signature("mean_std", _STEP, (_OF,)),
    Signature("train_lstm", _STEP, (_MODEL, _value("epoch", int, None, nullable=True))),
    Signature("lstm", _STEP, (_MODEL, _value("ahead", bool, False))),
    Signature("surveillance", _STEP, (_COND,)),
    Signature(
        "snapshot",
        _STEP,
        (
            Parameter("on", Kind.STEP),
            _value("before", Duration, Duration(0)),
            _value("after", Duration, Duration(0)),
        ),
    ),
    Signature("join", _STEP, (_value("within", Duration),)),
    Signature("print", _END),
    Signature("alert", _END, (_value("message", str, ""),)),
    Signature("to_topic", _END, (_value("name", str),)),
    Signature("to_lake", _END, (_value("name", str), _value("by", str, "day"))),
    Signature("to_table", _END, (_value("name", str), Parameter("url", Kind.SECRET))),
)


@pytest.fixture(scope="session")
def signatures() -> Mapping[str, Signature]:
    """Enough components to write every rule of the language down with."""
    return {signature.name: signature for signature in _SIGNATURES}


@pytest.fixture
def golden(update_golden: bool) -> Callable[[Path, Callable[[str], str]], None]:
    """Compare a file's first comment, line by line, with what is made of the text after it."""

    def check(path: Path, make: Callable[[str], str]) -> None:
        lines = path.read_text(encoding="utf-8").split("\n")
        head = next(n for n, line in enumerate(lines) if not line.startswith("#"))
        text = "\n".join(lines[head:]).removesuffix("\n")
        made = [f"# {line}".rstrip() for line in make(text).split("\n")]
        if update_golden:
            path.write_text("\n".join([*made, text, ""]), encoding="utf-8")
        else:
            assert made == lines[:head]

    return check
