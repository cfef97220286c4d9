"""The one place of this package that says what a name may be, before it reaches a topic or path.

A dot always separates: no name holds one, so `<prefix>.<workflow>.r<run>.<label>` reads back
one way.
"""

import re

from amml_deploy.errors import UserError

_WORD = r"[a-z][a-z0-9_-]{0,39}"

PATTERNS = {
    "prefix": _WORD,
    "workflow": _WORD,
    "source": _WORD,
    "model": _WORD,
    "alias": _WORD,
    "label": r"[a-z][a-z0-9_]{0,39}",
    "version": r"[0-9a-z][0-9a-z.]{0,15}",
    "topic": r"[A-Za-z0-9._-]{1,249}",
    "connector": r"[A-Za-z][A-Za-z0-9._-]{0,99}",
    "secret": r"[a-z][a-z0-9_-]{0,63}",
    "schedule": _WORD,
    "dataset": _WORD,
}
RESERVED = {"workflow": {"alerts", "models"}, "label": {"dlq", "fit", "state"}}


def check(kind: str, name: str) -> str:
    """`name`, if it is a proper name of that kind.

    Errors: UserError, with what was expected and found.

    >>> check("workflow", "ett-train")
    'ett-train'
    >>> check("workflow", "alerts")
    Traceback (most recent call last):
    amml_deploy.errors.UserError: the workflow name `alerts` is reserved
    """
    if not re.fullmatch(PATTERNS[kind], name):
        raise UserError(f"a {kind} name matches {PATTERNS[kind]}, found {name[:80]!r}")
    if name in RESERVED.get(kind, ()):
        raise UserError(f"the {kind} name `{name}` is reserved")
    return name


def check_foreign_topic(name: str, prefix: str) -> str:
    """`name`, if it is a topic that belongs to others: outside our prefix and Kafka's `__`.

    >>> check_foreign_topic("amml.hot.r1.filter", "amml")
    Traceback (most recent call last):
    amml_deploy.errors.UserError: the topic `amml.hot.r1.filter` lies inside the prefix `amml`: ...
    """
    check("topic", name)
    if name == prefix or name.startswith(f"{prefix}."):
        raise UserError(
            f"the topic `{name}` lies inside the prefix `{prefix}`: "
            'read a step of a workflow with `tap of="workflow.label"`'
        )
    if name.startswith("__") or name in (".", ".."):
        raise UserError(f"the topic `{name}` belongs to Kafka itself")
    return name


def split_model(reference: str) -> tuple[str, str]:
    """The model and the version or alias that `model:version` names.

    >>> split_model("ett:0.1")
    ('ett', '0.1')
    """
    model, colon, ref = reference.partition(":")
    check("model", model)
    if not colon or not re.fullmatch(f"{PATTERNS['version']}|{PATTERNS['alias']}", ref):
        raise UserError(
            f"a model is named `model:version` or `model:alias`, found {reference[:80]!r}"
        )
    return model, ref
