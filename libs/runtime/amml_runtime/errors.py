"""What can go wrong in a step, and how it ends.

StepError                  exit 1: started again with back-off
+-- WorkflowFault          exit 2: the workflow's own fault; not started again
|   +-- AccessDenied         Kafka does not let us in, or not to that topic
|   +-- BatchesDiffer      columns, types or metadata that do not agree
|   +-- LedgerBroken       a message missing or overlapping between two steps
|   +-- PositionLost       the records a step has to read next, or its own memory, are gone
|   +-- TopicChanged       another topic stands under the name, or it has other partitions
+-- Fenced                 exit 3: a newer process owns this task
+-- Unavailable            a server does not answer
RecordRefused              one row cannot be processed: it goes to the dead letters
"""


class StepError(Exception):
    """A step stops, and is started again."""

    exit_code = 1


class WorkflowFault(StepError):
    """The workflow has to be changed before this step can go on."""

    exit_code = 2


class AccessDenied(WorkflowFault):
    """Kafka refuses who we are or what we want, or what says who we are is wrong."""


class BatchesDiffer(WorkflowFault):
    """Two batches do not fit together."""


class LedgerBroken(WorkflowFault):
    """The messages between two steps have a gap or an overlap."""


class PositionLost(WorkflowFault):
    """What the step has to read next, or what it had written down, is no longer there."""


class TopicChanged(WorkflowFault):
    """A topic was made again, or has other partitions, since the step was planned."""


class Fenced(StepError):
    """Another process has taken over this task."""

    exit_code = 3


class Unavailable(StepError):
    """A server the step needs does not answer."""


class RecordRefused(Exception):
    """A record cannot be processed; `reason` says why, in the dead letter's words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
