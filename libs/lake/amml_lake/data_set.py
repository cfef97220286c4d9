"""A data set as its manifests tell it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from amml_lake.errors import Broken, Unsuitable
from amml_lake.layout import (
    COMPACTION,
    MANIFESTS,
    RETENTION,
    STAGING,
    check_name,
    manifest_path,
    number_of,
)
from amml_lake.manifest import DataFile, Manifest
from amml_lake.stores import Store, together
from amml_lake.stores.below import Below


@dataclass(frozen=True)
class Live:
    """The files that count, and the manifests that say so."""

    files: tuple[DataFile, ...]
    manifests: tuple[Manifest, ...]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(each.rows for each in self.files)


class DataSet:
    """One data set of a lake, for whoever reads or changes it.

    Parameters:
        lake: the store of the whole lake.
        name: the data set's.
    """

    def __init__(self, lake: Store, name: str) -> None:
        self.name = check_name(name)
        self.store = Below(lake, name)

    def exists(self) -> bool:
        """Whether anybody has ever written to it."""
        return bool(self.chains())

    def chains(self) -> list[str]:
        """The chains of manifests, in the order in which to read them.

        What takes files away comes before what adds them: so everything that is missing in what was
        read is missing whole, as it was at one moment.
        """
        names = [each.name for each in self.store.list(MANIFESTS) if each.is_folder]
        return sorted(names, key=_order)

    def numbers(self, chain: str) -> list[int]:
        """The numbers of a chain's manifests, the least first."""
        found = (number_of(each.name) for each in self.store.list(f"{MANIFESTS}/{chain}"))
        return sorted(number for number in found if number is not None)

    def manifest(self, chain: str, number: int) -> Manifest:
        """One manifest.

        Errors: Broken, it is not there or cannot be read.
        """
        found = self.find(chain, number)
        if found is None:
            raise Broken(f"{self.name}/{manifest_path(chain, number)}: has gone")
        return found

    def find(self, chain: str, number: int) -> Manifest | None:
        """One manifest; None if it is not there.

        Errors: Broken, it cannot be read.
        """
        path = manifest_path(chain, number)
        try:
            return Manifest.from_bytes(self.store.read(path), f"{self.name}/{path}")
        except FileNotFoundError:
            return None

    def tries(self, chain: str) -> dict[str, int]:
        """The staging folders of a chain, each with the number that it is a try to commit."""
        found = self.store.list(f"{STAGING}/{chain}")
        return {each.name: int(each.name.partition("-")[0]) for each in found}

    def last(self, chain: str) -> Manifest | None:
        """The newest manifest of a chain; None if it has none."""
        numbers = self.numbers(chain)
        return self.manifest(chain, numbers[-1]) if numbers else None

    def manifests(self, chains: Iterable[str] | None = None) -> Iterator[Manifest]:
        """All manifests, or those of some chains, each chain's in order."""
        wanted = self.chains() if chains is None else chains
        places = [(chain, number) for chain in wanted for number in self.numbers(chain)]
        yield from together(self.store, lambda place: self.manifest(*place), places)

    def live(self) -> Live:
        """What counts now."""
        return live(tuple(self.manifests()))

    def demand(self) -> None:
        """Errors: Unsuitable, there is no such data set."""
        if not self.exists():
            raise Unsuitable(f"no data set `{self.name}` at {self.store.url}")


def _order(chain: str) -> int:
    """Deletions take what compactions and writers add, compactions what writers add."""
    return {RETENTION: 0, COMPACTION: 1}.get(chain, 2)


def live(manifests: Sequence[Manifest]) -> Live:
    """What counts, by these manifests.

    >>> def manifest(kind, adds=(), removes=()):
    ...     files = tuple(DataFile(path, 1, 10) for path in adds)
    ...     return Manifest(kind, "co2", "c", 0, "u", "", files, tuple(removes))
    >>> found = live([manifest("append", ["a", "b"]), manifest("compact", ["c"], ["a", "b"])])
    >>> [each.path for each in found.files]
    ['c']
    """
    gone = {path for each in manifests for path in each.removes}
    files = (file for each in manifests for file in each.adds if file.path not in gone)
    return Live(tuple(sorted(files)), tuple(manifests))
