"""A platform whose `platform.json` cannot be understood."""

from collections.abc import Generator
from pathlib import Path

import pytest

from amml_deploy.platform import home as homes
from amml_deploy.platform import processes
from amml_deploy.platform.errors import DamagedHome
from amml_deploy.platform.home import Home
from amml_deploy.platform.platform import down, status, up
from amml_deploy.platform.processes import Process


def silent(_part: str, _state: str) -> None:
    """Nobody watches."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A platform's folder with half a file in it."""
    home = homes.prepare(tmp_path / "home")
    homes.addresses(home)
    text = home.platform_file.read_text(encoding="utf-8")
    home.platform_file.write_text(text[: len(text) // 2], encoding="utf-8")
    return home


@pytest.fixture
def server(home: Home, tmp_path: Path) -> Generator[Process]:
    """One of its servers, which still runs."""
    process = processes.start(
        ["/bin/sleep", "60"],
        pid_file=home.pid_file("kafka"),
        log=tmp_path / "log",
        environ={},
        folder=tmp_path,
    )
    while processes.find(home.pid_file("kafka")) is None:
        assert process.alive()
    yield process
    processes.stop([process], 5)


def test_every_way_in_says_what_to_do(home: Home) -> None:
    for way in (up, down):
        with pytest.raises(DamagedHome, match=r"platform\.json is damaged: .* --purge"):
            way(home.path, silent)
    with pytest.raises(DamagedHome):
        status(home.path)


def test_down_leaves_its_servers_alone(home: Home, server: Process) -> None:
    with pytest.raises(DamagedHome):
        down(home.path, silent)
    assert server.alive()


def test_a_purge_stops_its_servers_all_the_same(home: Home, server: Process) -> None:
    down(home.path, silent, purge=True)
    assert not server.alive()
    assert not home.path.exists()
