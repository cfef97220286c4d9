"""Many small files of a folder become few large ones, in one commit a folder.

Which folders and files, says `choice`; `ordered` gives their rows in the order of time, never more
than a slice of them at once; `compact` writes and commits.
"""

from amml_lake.compaction.choice import Work, work
from amml_lake.compaction.compact import Done, compact
from amml_lake.compaction.wish import Wish

__all__ = ["Done", "Wish", "Work", "compact", "work"]
