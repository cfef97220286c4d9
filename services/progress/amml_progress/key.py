"""`key`: another key."""

from dataclasses import dataclass
from datetime import datetime

from amml_progress._shared.numbers import check_columns
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, Columns
from amml_runtime.keys import keys_of
from amml_runtime.state import State


@dataclass(frozen=True)
class Key(AbstractProgress):
    """Key rows anew: rows of one key stay in order and are kept together from here on.

    Parameters:
        by: the columns that make the key.
    Adds: nothing; `_key` becomes the text of the one column, or a JSON array of the texts of
        several. A row whose only key column is null has no key.
    Errors: a column that is missing.

    >>> run("key by=[room, sensor]", room=["a", "b"], sensor=[1, None], _key=[None, None])
    {'_key': ['["a","1"]', '["b",null]'], 'room': ['a', 'b'], 'sensor': [1, None]}
    """

    stateless = True
    rekeys = True

    by: Columns

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The batch with its new keys."""
        check_columns(batch, self.by)
        return batch.with_keys(keys_of(batch, self.by))
