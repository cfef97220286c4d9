"""Which series the demo runs on: the user's, the one in the data folder, or one it makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from amml_deploy.datafile.inspect import inspect_file
from amml_deploy.demo.series import LOADS, write_series
from amml_deploy.errors import UserError

COLUMNS = ("date", *LOADS, "OT")
TIME = "date"


@dataclass(frozen=True)
class Data:
    """The file, and in one sentence what it is."""

    path: Path
    sentence: str


def choose(given: Path | None, environment: Mapping[str, str], out: Path) -> Data:
    """The file to run on.

    Parameters:
        given: the one the user names.
        environment: `AMML_DATA` names a folder that may hold `ETTh1.csv`.
        out: where a made series is written.
    Errors: UserError, the user's file is none, or has not the columns of the demo's model.
    """
    if given is not None:
        _check_columns(given)
        return Data(given, f"the series in {given}")
    folder = environment.get("AMML_DATA")
    if folder and (found := Path(folder) / "ETTh1.csv").is_file():
        return Data(found, f"ETTh1, the series of the paper, from {found}")
    made = out / "ett-like.csv"
    write_series(made)
    return Data(
        made,
        f"a series that the demo makes itself, like the paper's but no measurement: {made} "
        "(give a path, or set AMML_DATA to a folder with ETTh1.csv, for a real one)",
    )


def _check_columns(path: Path) -> None:
    columns = {c["name"]: c["type"] for c in inspect_file(path, TIME)["columns"]}
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise UserError(
            f"{path}: the demo's model reads {', '.join(COLUMNS)}; "
            f"the file lacks {', '.join(missing)}"
        )
    for name in COLUMNS[1:]:
        if columns[name] not in ("int", "float"):
            raise UserError(f"{path}: column `{name}` holds {columns[name]}, expected numbers")
