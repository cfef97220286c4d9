"""`print`: rows to read."""

import re
from dataclasses import dataclass

from amml_runtime.batch import KEY, TIME, Batch
from amml_runtime.component import AbstractEgress, Origin, Out, handed
from amml_runtime.records import dump

# What JSON lets pass and a terminal may obey: DEL, C1, line separators, directions of writing.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Print(AbstractEgress):
    """Print rows to standard output, one JSON object a line; `amml logs` shows them.

    Adds: `_src`, "partition:offset+row", where the row was read. After a crash rows may be
        printed again, with the same `_src`. Times are ISO 8601 in UTC, NaN is null, and what
        could steer a terminal is escaped. `_time` and `_key` are left out where they are null.

    >>> run("print", OT=[30.5, None], _key=["a", None])
    {"_key":"a","OT":30.5,"_src":"0:0+0"}
    {"OT":null,"_src":"0:0+1"}
    {}
    """

    stateless = True

    out: Out = handed("out")

    def guarantee(self) -> str:
        """A crash between printing and the commit prints again."""
        return "at least once: rows carry `_src`, by which a repeat is known"

    def write(self, batch: Batch, at: Origin) -> None:
        """Print the rows; done when they are handed over."""
        place = f"{at.partition}:{at.first}"
        lines = (_line(row, f"{place}+{number}") for number, row in enumerate(batch.to_rows()))
        self.out.write("".join(lines))
        self.out.flush()


def _line(row: dict[str, object], place: str) -> str:
    shown = {k: v for k, v in row.items() if v is not None or k not in (TIME, KEY)}
    text = dump({**shown, "_src": place}).decode()
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"
