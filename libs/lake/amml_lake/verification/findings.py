"""What can be found, by class."""

from typing import NamedTuple

CLASSES = {
    "broken": "a manifest that cannot be read, or that lies where another belongs",
    "gap": "offsets, or numbers, that no commit of a chain has taken",
    "overlap": "offsets that two commits of a chain have taken",
    "ledger": "a writer of the topic whose message number went back or was forgotten",
    "rows": "rows that were taken and are in no file, or more of them than were taken",
    "twice": "a file that two manifests add, or two take away",
    "unknown": "a file that is taken away and was never there",
    "missing": "a file that counts, and is not there",
    "size": "a file of another length than its manifest says",
    "footer": "a file that cannot be read, or has other rows or columns than was written down",
    "misplaced": "a row whose time lies outside its folder, or outside what its manifest says",
    "unfinished": "a commit whose files have not all come, or gone, to where they belong",
    "orphan": "a file among the rows that no manifest names",
    "leftover": "what a commit that is over has left in its staging folder",
}


class Finding(NamedTuple):
    """One thing that is wrong: its class, and what exactly."""

    kind: str
    what: str
