"""The one place that says what a name may be, before it reaches a path, a query or a topic.

A dot always separates: no name holds one, so `<workflow>.r<run>.<label>` reads back one way.
"""

import re

_WORD = r"[a-z][a-z0-9_-]{0,39}"
_LABEL = r"[a-z][a-z0-9_]{0,39}"

_PATTERNS = {
    "workflow": _WORD,
    "source": _WORD,
    "model": _WORD,
    "alias": _WORD,
    "label": _LABEL,
    "version": r"[0-9a-z][0-9a-z.]{0,15}",
    "run": rf"{_WORD}\.r[1-9][0-9]{{0,8}}\.{_LABEL}",
    "file": r"[a-z][a-z0-9_-]{0,39}\.(onnx|keras|json)",
    "sha256": r"[0-9a-f]{64}",
    "connector": r"[A-Za-z][A-Za-z0-9._-]{0,99}",
    "plugin": r"[A-Za-z_$][A-Za-z0-9_$]*(\.[A-Za-z_$][A-Za-z0-9_$]*){0,20}",
    "secret": r"[a-z][a-z0-9_-]{0,63}",
    "schedule": _WORD,
    "dataset": _WORD,
    "retained": rf"{_WORD}|topic:[A-Za-z0-9._-]{{1,249}}",
    "deletion": r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}",
}
_RESERVED = {"workflow": {"alerts", "models"}, "label": {"dlq", "fit", "state"}}


def check(kind: str, text: str) -> str:
    """`text` if it is a proper name of that kind.

    Parameters:
        kind: `workflow`, `source`, `model`, `alias`, `label`, `version`, `run`, `file`, `sha256`,
            `connector`, `plugin` (a Java class), `secret`, `schedule`, `dataset`, `retained` (a
            data set or `topic:NAME`), `deletion` (the id of a plan).
        text: what somebody wrote.
    Errors: ValueError, with what was expected and found.

    >>> check("run", "ett-train.r1.train_lstm")
    'ett-train.r1.train_lstm'
    >>> check("model", "..")
    Traceback (most recent call last):
    ValueError: model name: expected [a-z][a-z0-9_-]{0,39}, found '..'
    """
    if not re.fullmatch(_PATTERNS[kind], text):
        raise ValueError(f"{kind} name: expected {_PATTERNS[kind]}, found {text[:80]!r}")
    if text in _RESERVED.get(kind, ()):
        raise ValueError(f"{kind} name: {text!r} is reserved")
    return text


def check_reference(text: str) -> str:
    """`text` if it is a version or an alias of a model.

    >>> check_reference("0.1"), check_reference("production")
    ('0.1', 'production')
    """
    if not re.fullmatch(f"{_PATTERNS['version']}|{_PATTERNS['alias']}", text):
        raise ValueError(f"model reference: expected a version or alias, found {text[:80]!r}")
    return text


def check_model_reference(text: str) -> str:
    """`text` if it is `model:version`, `model:alias` or `model:version/run`.

    >>> check_model_reference("ett:0.1/ett-train.r1.train_lstm")
    'ett:0.1/ett-train.r1.train_lstm'
    """
    name, colon, rest = text.partition(":")
    reference, slash, run = rest.partition("/")
    check("model", name)
    if not colon:
        raise ValueError(f"model reference: expected model:version, found {text[:80]!r}")
    if slash:
        check("run", run)
        check("version", reference)
    else:
        check_reference(reference)
    return text
