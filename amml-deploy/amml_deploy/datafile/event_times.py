"""The times of a file's rows: read as the source will read them, first and last kept."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from amml_deploy.datafile.column_types import Array
from amml_deploy.datafile.errors import DataFileRefused

# The source's own reading, so that what is catalogued here is what it will find.
from amml_ingress._shared.cells import present, read_times

_FORMS = "times are written as 2016-07-01, 2016-07-01 13:00:00 or 2016-07-01T13:00:00Z"


class EventTimes:
    """The first and last time of a column, whatever its order.

    Parameters:
        column: its name, for messages.
        tz: the zone of times that name none.
    """

    def __init__(self, column: str, tz: str) -> None:
        self._column = column
        self._tz = tz
        self.first: datetime | None = None
        self.last: datetime | None = None

    def see(self, values: Array, row: int) -> None:
        """Take in the next values, of which the first is in `row`.

        Errors: DataFileRefused, naming the row that has no time.
        """
        cells = present(values, "timestamp")
        times = read_times(cells, self._tz)
        if times.null_count:
            self._refuse(cells, pc.index(pc.is_null(times), pa.scalar(True)).as_py(), row)
        if len(times) == 0:
            return
        low, high = pc.min(times).as_py(), pc.max(times).as_py()
        self.first = low if self.first is None else min(low, self.first)
        self.last = high if self.last is None else max(high, self.last)

    def _refuse(self, cells: Array, at: int, row: int) -> None:
        where = f"row {row + at}: column `{self._column}`"
        if not cells[at].is_valid:
            raise DataFileRefused(f"{where} has no time; every row needs one")
        found = str(cells[at].as_py())[:60]
        raise DataFileRefused(f"{where} holds {found!r}, which is no time; {_FORMS}")


def iso(time: datetime) -> str:
    """As the catalogue writes a time.

    >>> iso(datetime(2016, 7, 1, tzinfo=UTC))
    '2016-07-01T00:00:00+00:00'
    """
    return time.astimezone(UTC).isoformat()
