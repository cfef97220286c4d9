from pathlib import Path

import pytest

from amml_deploy.demo.data import choose
from amml_deploy.demo.series import write_series
from amml_deploy.errors import UserError


@pytest.fixture
def like_ett(tmp_path: Path) -> Path:
    """A data folder with a short `ETTh1.csv`."""
    folder = tmp_path / "data"
    folder.mkdir()
    write_series(folder / "ETTh1.csv", rows=30)
    return folder


def test_a_given_file_goes_before_the_data_folder(like_ett: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    write_series(own, rows=30)
    assert choose(own, {"AMML_DATA": str(like_ett)}, tmp_path).path == own


def test_the_data_folder_goes_before_a_made_series(like_ett: Path, tmp_path: Path) -> None:
    found = choose(None, {"AMML_DATA": str(like_ett)}, tmp_path)
    assert found.path == like_ett / "ETTh1.csv"


@pytest.mark.parametrize("environment", [{}, {"AMML_DATA": "/nowhere"}])
def test_a_made_series_is_called_one(environment: dict[str, str], tmp_path: Path) -> None:
    made = choose(None, environment, tmp_path)
    assert made.path.is_file() and "no measurement" in made.sentence


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("date,OT\n2016-07-01,1\n", "the file lacks HUFL, HULL, MUFL, MULL, LUFL, LULL"),
        ("time,OT\n2016-07-01,1\n", "no column `date`"),
        ("date,HUFL,HULL,MUFL,MULL,LUFL,LULL,OT\n2016-07-01,1,1,1,1,1,1,x\n", "`OT` holds string"),
    ],
)
def test_a_file_that_does_not_fit_the_model_is_refused_at_once(
    text: str, message: str, tmp_path: Path
) -> None:
    own = tmp_path / "own.csv"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        choose(own, {}, tmp_path)
