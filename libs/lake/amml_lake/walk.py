"""Every file below a folder of a store."""

from amml_lake.stores import Store, together


def files_below(store: Store, folder: str = "") -> dict[str, int]:
    """The path of each with its length; folders that begin with `_` are left out.

    >>> import tempfile
    >>> from amml_lake.stores import open_store
    >>> store = open_store(f"file://{tempfile.mkdtemp()}")
    >>> for path in ("year=2022/a", "year=2022/month=04/b", "_staging/c"):
    ...     store.write(path, b"12")
    >>> files_below(store)
    {'year=2022/a': 2, 'year=2022/month=04/b': 2}
    """
    found: dict[str, int] = {}
    level = [folder]
    while level:
        below: list[str] = []
        for at, entries in zip(level, together(store, store.list, level), strict=True):
            for each in entries:
                path = f"{at}/{each.name}" if at else each.name
                if each.is_folder and not each.name.startswith("_"):
                    below.append(path)
                elif not each.is_folder:
                    found[path] = each.bytes
        level = below
    return found
