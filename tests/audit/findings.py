"""What an audit finds, by class."""

from collections.abc import Iterator
from dataclasses import dataclass, field

CLASSES = {
    "lost": "a record of the input without its effect",
    "duplicate": "an effect more than once, or one that follows from no record",
    "aborted-visible": "a message that only an aborted attempt ever wrote",
    "torn": "messages of one attempt only partly there",
    "reordered-per-key": "effects of one key out of the input's order",
    "state-not-fold": "a state, or what was computed from it, that is not the fold of the input",
    "offset-not-output": "a position that disagrees with the outputs, or that went back",
    "leftover": "something in a folder that must be empty",
    "stuck": "an open transaction or unread records after the quiet time",
}
EXAMPLES = 3


@dataclass
class Findings:
    """How often each class was found, and the first examples of it."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CLASSES, 0))
    examples: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in CLASSES})

    def add(self, name: str, example: str) -> None:
        """Note one."""
        self.counts[name] += 1
        if len(self.examples[name]) < EXAMPLES:
            self.examples[name].append(example)

    @property
    def clean(self) -> bool:
        """Whether there is none at all."""
        return not any(self.counts.values())

    def lines(self) -> Iterator[str]:
        """A line for each class, its examples below."""
        for name, count in self.counts.items():
            yield f"{name:18} {count:7}"
            yield from (f"    {example}" for example in self.examples[name])
