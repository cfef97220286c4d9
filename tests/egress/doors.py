"""The doors of the egress components."""

import shutil
import sys
import tempfile
import weakref
from typing import Any, NamedTuple

from amml_egress._shared.lake_writer import LakeWriter
from amml_egress._shared.table_writer import TableWriter
from amml_runtime.component import Book
from amml_runtime.component import Place as Partition
from amml_runtime.secrets import Secrets
from amml_runtime.spec import StepSpec


class Place(NamedTuple):
    """A step as its component sees it."""

    workflow: str = "hot"
    label: str = "alert"
    run: int = 1


class LocalLake(LakeWriter):
    """The real client, on a lake in a folder that goes away with it."""

    def __init__(self) -> None:
        step = StepSpec("amml", "hot", 1, "to_lake", "write", "amml_egress.to_lake:ToLake", "i")
        super().__init__(step, Secrets(None))
        self._folder = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, self._folder)

    def open(self, lake: str, name: str, by: str, tz: str) -> None:
        """In the folder, whatever lake is asked for."""
        super().open(f"file://{self._folder}", name, by, tz)


class HeldRows(TableWriter):
    """The real client as far as it needs no database: it holds rows, and is never told to keep."""

    def __init__(self) -> None:
        step = StepSpec("amml", "hot", 1, "to_table", "write", "amml_egress.to_table:ToTable", "i")
        super().__init__(step, Secrets(None))

    def resume(self, place: Partition) -> Book | None:
        """Nothing is there yet."""
        return None


def doors() -> dict[str, Any]:
    lake = "amml_egress._shared.lake_writer:LakeWriter"
    table = "amml_egress._shared.table_writer:TableWriter"
    held = {lake: LocalLake(), table: HeldRows()}
    return {"out": sys.stdout, "step": Place(), "datasets": None, **held}
