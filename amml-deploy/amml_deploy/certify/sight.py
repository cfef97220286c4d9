"""What can be seen of a round while it runs: how far each step is, and when it commits."""

from collections.abc import Mapping
from dataclasses import dataclass

from amml_deploy.supervisor.wish import Slot
from amml_runtime.recording import Watcher
from amml_runtime.spec import Plan, StepSpec


@dataclass(frozen=True)
class Sight:
    """A look at a round from outside.

    Parameters:
        plan: the round's.
        watcher: of its topics.
        expected: how many rows each topic will have, as far as that is known.
    """

    plan: Plan
    watcher: Watcher
    expected: Mapping[str, int]

    def progress(self, label: str) -> float:
        """Which part of its rows a step has committed; under "" all steps together.

        A step that writes nothing is as far as what it reads.
        """
        steps = [step for step in self.plan.steps if label in ("", step.label)]
        topics = [topic for step in steps if (topic := self._topic(step))]
        expected = sum(self.expected[topic] for topic in topics)
        return sum(self.watcher.rows[topic] for topic in topics) / expected if expected else 1.0

    def recovered(self, slot: Slot, moment: float) -> float | None:
        """When the first transaction that a slot began after a moment was there to be read."""
        step = next(step for step in self.plan.steps if step.label == slot.label)
        if step.changelog is None:
            return None
        own = (p for p in range(step.tasks) if p % step.slots == slot.number)
        found = [self.watcher.first_after((step.changelog, p), moment) for p in own]
        return min((at for at in found if at is not None), default=None)

    def _topic(self, step: StepSpec) -> str | None:
        own = [step.output.topic] if step.output else []
        read = [each.topic for each in step.inputs if each.kind == "main"]
        return next((topic for topic in [*own, *read] if self.expected.get(topic)), None)
