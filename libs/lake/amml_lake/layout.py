"""What lies where in a data set's folder.

    year=2022/month=04/day=05/<file>.parquet   the rows, by their time
    _manifest/<chain>/<number>.json            what counts; a commit is the rename to such a name
    _staging/<chain>/<number>-<uuid>/          what is being written, for nobody to read
    _replaced/year=.../<file>.parquet.replaced  small files that a compaction has put together
    _snapshot/<name>.json                      files that a reader of history has begun to read

Readers of Parquet leave out names that begin with `_`; a staged file ends in `.staged`, a replaced
one in `.replaced`, so that nobody who looks for `**/*.parquet` alone finds them either.
"""

import re
from dataclasses import dataclass

from amml_lake.errors import Unsuitable

MANIFESTS = "_manifest"
STAGING = "_staging"
REPLACED = "_replaced"
SNAPSHOTS = "_snapshot"
COMPACTION = "compaction"
RETENTION = "retention"

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_NUMBER = re.compile(r"(\d{20})\.json")


@dataclass(frozen=True)
class Chain:
    """The commits of one writer of a data set, each of which goes on where the one before ended.

    `life` tells a topic from another that later had its name.
    """

    topic: str
    partition: int
    life: str

    @property
    def name(self) -> str:
        """As its folder is called.

        >>> Chain("amml.co2.r1.clean", 0, "3f2a").name
        'amml.co2.r1.clean+0+3f2a'
        """
        return f"{self.topic}+{self.partition}+{self.life}"

    @classmethod
    def of(cls, name: str) -> "Chain":
        """The chain with that name."""
        topic, partition, life = name.rsplit("+", 2)
        return cls(topic, int(partition), life)


def check_name(name: str) -> str:
    """A data set's name, if it is one.

    Errors: Unsuitable.
    """
    if not _NAME.fullmatch(name):
        raise Unsuitable(
            f"`{name}` is no data set's name: a letter a-z, then up to 39 letters, digits, `_`, `-`"
        )
    return name


def manifest_path(chain: str, number: int) -> str:
    """Where a manifest lies; the names of a chain sort as its numbers do.

    >>> manifest_path("compaction", 7)
    '_manifest/compaction/00000000000000000007.json'
    """
    return f"{MANIFESTS}/{chain}/{number:020d}.json"


def number_of(file: str) -> int | None:
    """The number in a manifest's name; None if it is no manifest.

    >>> number_of("00000000000000000007.json"), number_of("x.json")
    (7, None)
    """
    found = _NUMBER.fullmatch(file)
    return int(found[1]) if found else None


def staging_path(chain: str, number: int, uuid: str) -> str:
    """The folder of one try to commit."""
    return f"{STAGING}/{chain}/{number:020d}-{uuid}"


def staged(path: str) -> str:
    """What a file is called before it is in its place."""
    return f"{path}.staged"


def replaced(path: str) -> str:
    """Where a file is kept aside when others hold its rows.

    >>> replaced("year=2022/x.parquet")
    '_replaced/year=2022/x.parquet.replaced'
    """
    return f"{REPLACED}/{path}.replaced"


def folder_of(path: str) -> str:
    """The folder a file lies in."""
    return path.rpartition("/")[0]
