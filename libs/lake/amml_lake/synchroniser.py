"""Brings what is known of a data set up to date with the data set."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeAlias

from amml_lake.data_set import DataSet
from amml_lake.document import Document, blank, folded
from amml_lake.errors import Overtaken, Unsuitable
from amml_lake.layout import COMPACTION, RETENTION
from amml_lake.manifest import Manifest
from amml_lake.stores.opening import is_same_lake

TRIES = 10  # others write documents too, and each of them may be first


# A document as it is kept, and its revision: who changes it says which one he has seen.
Kept: TypeAlias = tuple[Document, str]


class Documents(Protocol):
    """Where the documents of data sets are kept."""

    def dataset(self, name: str) -> Kept | None:
        """The document of a data set; None: there is none yet."""
        ...

    def put_dataset(self, name: str, document: Document, revision: str | None) -> bool:
        """Keep a document in place of that revision; False: another has come first."""
        ...


def synchronise(
    data_set: DataSet, documents: Documents, chains: Iterable[str] | None = None
) -> Document:
    """Add to the document what has been committed since, and say what it is then.

    Where files have been taken away, it is made anew from all manifests.

    Parameters:
        chains: look at these alone, as a writer does that knows what it has changed. It costs three
            short reads; what others take away meanwhile, they tell themselves.
    Errors: Overtaken, others were first too often; Unavailable and Refused, the lake's; and what
        `documents` raises.
    """
    document: Document | None = None
    for _ in range(TRIES):
        there, revision = documents.dataset(data_set.name) or (None, None)
        if there is not None and not is_same_lake(there["lake"], _lake_of(data_set)):
            raise Unsuitable(
                f"`{data_set.name}` is known from another lake, {there['lake']}: `amml datasets "
                f"forget {data_set.name}` makes room, or name one of the two otherwise"
            )
        base = there if document is None or chains is not None else document
        document = _advanced(data_set, base, chains)
        if document == there or documents.put_dataset(data_set.name, document, revision):
            return document
    raise Overtaken(f"the document of `{data_set.name}` changes too often; synchronise it again")


def rebuild(data_set: DataSet, documents: Documents) -> Document:
    """Make the document anew, from the lake alone.

    Errors: as `synchronise`.
    """
    document = whole(data_set)
    for _ in range(TRIES):
        _, revision = documents.dataset(data_set.name) or (None, None)
        if documents.put_dataset(data_set.name, document, revision):
            return synchronise(data_set, documents)
    raise Overtaken(f"the document of `{data_set.name}` changes too often; rebuild it again")


def whole(data_set: DataSet) -> Document:
    """The document as all manifests tell it."""
    nothing = blank(data_set.name, _lake_of(data_set))
    return folded(nothing, data_set.live().manifests)


def _lake_of(data_set: DataSet) -> str:
    return data_set.store.url.removesuffix(f"/{data_set.name}")


def _advanced(data_set: DataSet, document: Any, chains: Iterable[str] | None) -> Document:
    if document is None:
        return whole(data_set)
    if chains is None and any(_beyond(data_set, document, _TAKING)):
        return whole(data_set)
    wanted = data_set.chains() if chains is None else chains
    return folded(document, list(_beyond(data_set, document, wanted)))


_TAKING = (COMPACTION, RETENTION)


def _beyond(data_set: DataSet, document: Document, chains: Iterable[str]) -> Iterator[Manifest]:
    """The manifests of chains that are not in a document yet.

    Each says what number the next one has. So a chain that goes on needs no list of its folder,
    which grows with every commit.
    """
    for chain in chains:
        number = _next(document, chain)
        if number is None:
            yield from data_set.manifests([chain])
            continue
        while found := data_set.find(chain, number):
            yield found
            number = found.range.end if found.range else found.number + 1


def _next(document: Document, chain: str) -> int | None:
    """The number that the next manifest of a chain will have; None: the chain is new to us."""
    producer = document["producers"].get(chain)
    if producer is not None:
        return int(producer["next"])
    last = document["cursor"].get(chain)
    return None if last is None else int(last) + 1
