"""What kind of state a step keeps: another kind is of no use to it."""

import json

from amml_runtime.registry import load
from amml_runtime.spec import StepSpec


def state_kind(step: StepSpec) -> str:
    """The component, its state's version, and the arguments that what it remembers depends on.

    >>> mean_std = "amml_progress.mean_std:MeanStd"
    >>> state_kind(StepSpec("amml", "w", 1, "m", "process", mean_std, "f00d", {"of": ["co2"]}))
    'amml_progress.mean_std:MeanStd@1 {"of": ["co2"]}'
    """
    names = load(step.component).state_depends_on
    given = {name: step.arguments[name] for name in names if name in step.arguments}
    kind = f"{step.component}@{step.state_version}"
    return f"{kind} {json.dumps(given)}" if given else kind
