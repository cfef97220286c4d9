import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from amml_deploy.step_logs import Line, log_files, read_logs


def last(folder: Path, lines: int, label: str | None = None) -> list[Line]:
    return list(read_logs(folder, label, lines, follow=False))


def take(lines: Iterator[Line], count: int) -> list[str]:
    return [next(lines).text for _ in range(count)]


def test_the_last_lines_of_each_step_come_with_their_step(tmp_path: Path) -> None:
    (tmp_path / "filter.0.log").write_text("a\nb\nc\n", encoding="utf-8")
    (tmp_path / "print.1.log").write_text("x\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no log\n", encoding="utf-8")
    assert last(tmp_path, 2) == [
        Line("filter", 0, "b"),
        Line("filter", 0, "c"),
        Line("print", 1, "x"),
    ]
    assert last(tmp_path, 2, "print") == [Line("print", 1, "x")]
    assert [path.name for path in log_files(tmp_path)] == ["filter.0.log", "print.1.log"]


@pytest.mark.parametrize("lines", [0, 1, 7, 100_000, 100_001])
def test_the_last_lines_of_a_long_log_are_counted_exactly(tmp_path: Path, lines: int) -> None:
    text = "".join(f"line {n}\n" for n in range(100_000))  # more than one block
    (tmp_path / "a.0.log").write_text(text, encoding="utf-8")
    expected = [f"line {n}" for n in range(100_000)][100_000 - min(lines, 100_000) :]
    assert [line.text for line in last(tmp_path, lines)] == expected


def test_a_line_that_is_still_being_written_waits_for_its_end(tmp_path: Path) -> None:
    log = tmp_path / "a.0.log"
    log.write_text("whole\nha", encoding="utf-8")
    lines = read_logs(tmp_path, None, 10, follow=True)
    assert take(lines, 1) == ["whole"]

    def end_it() -> None:
        with log.open("a", encoding="utf-8") as file:
            file.write("lf\n")

    threading.Timer(0.3, end_it).start()
    assert take(lines, 1) == ["half"]


def test_following_takes_in_new_logs_and_logs_begun_anew(tmp_path: Path) -> None:
    first = tmp_path / "a.0.log"
    first.write_text("a long old line\n", encoding="utf-8")
    lines = read_logs(tmp_path, None, 0, follow=True)

    def change() -> None:
        first.write_text("new\n", encoding="utf-8")
        time.sleep(0.5)
        (tmp_path / "b.0.log").write_text("other\n", encoding="utf-8")

    threading.Timer(0.3, change).start()
    assert take(lines, 2) == ["new", "other"]


def test_bytes_that_are_no_text_are_escaped(tmp_path: Path) -> None:
    (tmp_path / "a.0.log").write_bytes(b"\xff!\n")
    assert last(tmp_path, 1) == [Line("a", 0, "\\xff!")]
