"""What was written for a step and what it has read, as the brokers tell it.

The step's processes need not be asked, so it may have none.
"""

from amml_runtime.admin import Admin
from amml_runtime.spec import StepSpec


def scalable(step: StepSpec) -> bool:
    """Whether a step's processes may come and go: it shares partitions out, and does not end."""
    return step.mode in ("process", "write") and not step.bounded


def progress(admin: Admin, step: StepSpec) -> tuple[int, int]:
    """Messages written to the step's own inputs, and those it has read, since the beginning.

    Errors: Unavailable, the brokers do not answer.
    """
    written = read = 0
    for each in step.inputs:
        if each.kind != "main":
            continue
        for end, at in admin.progress(step.name, each.topic, each.partitions):
            marker = each.format == "arrow" and end > 0  # a commit ends in one that nobody reads
            written += end - marker
            read += min(at, end - marker)
    return written, read
