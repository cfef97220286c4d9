"""What a step remembers of a key is one record of its changelog, and so has to fit into one."""

from amml_runtime.wire import MAX_BYTES

_NUMBER, _LIST = 9, 5  # bytes, at the most


def check_room(argument: str, numbers: int, rows: int = 1) -> None:
    """Raises `ValueError` unless a key's memory of rows x numbers fits.

    Parameters:
        argument: what the memory grows with, as the user has to make it smaller.

    >>> check_room("last", 200_000)
    Traceback (most recent call last):
    ValueError: `last`: 1,800,010 bytes would be remembered of a key, and at most 900,000 can be
    """
    size = rows * (numbers * _NUMBER + _LIST) + _LIST
    if size > MAX_BYTES:
        raise ValueError(
            f"`{argument}`: {size:,} bytes would be remembered of a key, "
            f"and at most {MAX_BYTES:,} can be"
        )
