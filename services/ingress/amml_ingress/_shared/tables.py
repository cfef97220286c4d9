"""The door to tables of the user's database, which imports its client when it is wanted."""

from collections.abc import Iterator, Mapping
from typing import Any

from amml_runtime.batch import Batch
from amml_runtime.component import Secrets
from amml_runtime.spec import StepSpec


class Tables:
    """Reads tables, with the secrets that their addresses ask for."""

    def __init__(self, _spec: StepSpec, secrets: Secrets) -> None:
        self._secrets = secrets

    def read(self, entry: Mapping[str, Any], last: Any) -> Iterator[tuple[Batch, Any]]:
        """As `TableRows.read`, of the table in an entry of the source catalogue."""
        from amml_ingress._shared.table_rows import TableRows

        return TableRows.of(entry, self._secrets.resolve(entry["url"])).read(last)
