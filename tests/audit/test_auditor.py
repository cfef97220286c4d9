"""The auditor as a program: what it is made of, and how it is run."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from generator import Input, records, write_file
from planted_loop import Loop

FOLDER = Path(__file__).parent
OWN_TESTS = ("test_", "conftest", "planted_loop")


def test_it_shares_no_code_with_the_product() -> None:
    files = [each for each in FOLDER.glob("*.py") if not each.name.startswith(OWN_TESTS)]
    own = {each.stem for each in files}
    known = {"confluent_kafka", "pyarrow", *sys.stdlib_module_names}
    assert {"auditor", "generator", "expected"} <= own
    assert {name for file in files for name in imports(file)} - own <= known


def imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def test_an_input_follows_from_its_seed_alone() -> None:
    wanted = Input(seed=3, rows=500, keys=7, partitions=3, poison=5)
    assert list(records(wanted)) == list(records(wanted))
    assert list(records(wanted)) != list(records(Input(4, 500, 7, 3, 5)))


def test_offsets_and_numbers_have_no_gap_and_a_key_has_one_partition() -> None:
    made = list(records(Input(seed=3, rows=500, keys=7, partitions=3, poison=5)))
    assert sum(record.row is None for record in made) == 5
    assert len({record.value for record in made}) == 505
    for partition in range(3):
        ours = [record for record in made if record.partition == partition]
        assert [record.offset for record in ours] == list(range(len(ours)))
        seqs = [record.row["seq"] for record in ours if record.row]
        assert seqs == list(range(len(seqs)))
    assert len({(record.key, record.partition) for record in made}) == 7


def test_what_was_written_before_a_stop_is_the_beginning_of_the_whole() -> None:
    whole = list(records(Input(seed=3, rows=500, keys=7, partitions=3, poison=5)))
    assert list(records(Input(3, 500, 7, 3, 5, written=200))) == whole[:200]


def test_a_file_holds_the_same_rows(tmp_path: Path) -> None:
    wanted = Input(seed=3, rows=50, keys=7)
    assert write_file(tmp_path / "rows.jsonl", wanted) == 50
    lines = (tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [record.row for record in records(wanted)]


@pytest.mark.platform
@pytest.mark.long
def test_both_programs_run_by_themselves(loop: Loop) -> None:
    loop.prepare()
    loop.run()
    case = loop.folder / "case.json"
    case.write_text(json.dumps(loop.case()), encoding="utf-8")
    audited = run("auditor.py", str(case), "--quiet-seconds", "0.5")
    assert (audited.returncode, audited.stderr) == (0, "")
    assert audited.stdout.endswith("clean, seed 7\n")
    where = ["--kafka", loop.kafka, "--topic", loop.topic("raw"), "--partitions", "2"]
    again = run("generator.py", *where, "--seed", "7", "--rows", "1", "--keys", "1")
    assert again.returncode == 2 and "not 2 empty" in again.stderr


def test_a_case_that_cannot_be_audited_is_no_clean_one(tmp_path: Path) -> None:
    (tmp_path / "case.json").write_text("{}", encoding="utf-8")
    assert run("auditor.py", str(tmp_path / "case.json")).returncode == 2


def run(program: str, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(FOLDER / program), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)
