"""Ten writers whose transactions overlap, and commit in another order than they began."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg2

WRITERS = 10
_PAUSE = 0.1  # seconds at the most, twice in a transaction
_ROLLED_BACK = 0.05


def write(
    database: str, table: str, rows: int, most: int, seed: int, began: Callable[[], None]
) -> None:
    """Insert so many rows, each writer its share; some transactions change their mind.

    Rows have `value`; what the table gives them is `id`, of a sequence, and `at`, of the clock.

    Parameters:
        most: rows of one transaction.
        began: called when all are about to write.
    """
    shares = [rows // WRITERS + (number < rows % WRITERS) for number in range(WRITERS)]
    started = threading.Barrier(WRITERS, began)
    with ThreadPoolExecutor(WRITERS) as pool:
        jobs = [
            pool.submit(_write, database, table, share, most, random.Random(f"{seed}.{k}"), started)
            for k, share in enumerate(shares)
        ]
        for job in jobs:
            job.result()


def _write(
    database: str,
    table: str,
    rows: int,
    most: int,
    chance: random.Random,
    started: threading.Barrier,
) -> None:
    connection = psycopg2.connect(database)
    started.wait()
    left = rows
    while left:
        count = min(left, chance.randint(1, most))
        with connection.cursor() as cursor:
            half = count // 2
            for part in (half, count - half):  # ids of others come in between
                cursor.execute(
                    f"INSERT INTO {table} (value) SELECT random() FROM generate_series(1, %s)",
                    (part,),
                )
                time.sleep(chance.random() * _PAUSE)
        if chance.random() < _ROLLED_BACK:
            connection.rollback()
            continue
        connection.commit()
        left -= count
    connection.close()
