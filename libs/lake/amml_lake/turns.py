"""Those who take files away do it one after the other.

A compaction that put together a file which a deletion is taking away would bring its rows back. So
each stages its commit first, and then looks whether the other has staged one too, or has taken one
of its files meanwhile: of two at the same time at least one sees the other, and gives way before
anything has changed.
"""

from collections.abc import Collection

from amml_lake.data_set import DataSet
from amml_lake.errors import Unavailable


def give_way(data_set: DataSet, to: str, paths: Collection[str]) -> None:
    """To be called between staging a commit and making it.

    Parameters:
        to: the other one's chain: `compaction` or `retention`.
        paths: the files that the commit takes away.
    Errors: Unavailable, the other is at work, has died at it and goes on when it is run again, or
        was faster.
    """
    numbers = data_set.numbers(to)
    committed = numbers[-1] if numbers else -1
    if max(data_set.tries(to).values(), default=-1) > committed:
        raise Unavailable(
            f"a {to} of `{data_set.name}` is under way, or has broken off: let it finish, or "
            "run it again, and then this"
        )
    for manifest in data_set.manifests([to]):
        if not frozenset(paths).isdisjoint(manifest.removes):
            raise Unavailable(
                f"a {to} of `{data_set.name}` was faster, and has taken files that this one was to "
                "take; nothing was changed. Run it again"
            )
