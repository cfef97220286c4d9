"""The embedded platform, for real."""

import getpass
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
import requests

from amml_deploy.platform import home as homes
from amml_deploy.platform import ports, processes, server
from amml_deploy.platform.errors import HomeError, PlatformError
from amml_deploy.platform.home import Home, Platform
from amml_deploy.platform.platform import down, status, up
from amml_deploy.platform.postgres import Postgres
from amml_deploy.platform.processes import find

pytestmark = pytest.mark.platform

SERVERS = [
    *("kafka", "namenode", "datanode", "postgres"),
    *("model-manager", "alert-board", "supervisor"),
]


def silent(_part: str, _state: str) -> None:
    pass


def pids(platform: Platform) -> dict[str, int]:
    found = status(platform.home.path)
    assert {each["state"] for each in found["servers"]} == {"ready"}, found
    return {each["name"]: each["pid"] for each in found["servers"]}


def processes_of(home: Path) -> list[psutil.Process]:
    """Every process that was told this home."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if any(str(home) in word for word in process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_up_twice_changes_nothing(own_platform: Platform) -> None:
    before = pids(own_platform)
    assert list(before) == SERVERS
    file = own_platform.home.platform_file.read_text(encoding="utf-8")
    assert up(own_platform.home.path, silent) == own_platform
    assert pids(own_platform) == before
    assert own_platform.home.platform_file.read_text(encoding="utf-8") == file


@pytest.mark.parametrize("server", SERVERS)
def test_up_starts_again_what_was_killed_and_nothing_else(
    own_platform: Platform, server: str
) -> None:
    before = pids(own_platform)
    os.kill(before[server], signal.SIGKILL)
    wait_until(lambda: find(own_platform.home.pid_file(server)) is None)
    up(own_platform.home.path, silent)
    after = pids(own_platform)
    assert {name for name in SERVERS if before[name] != after[name]} == {server}
    assert requests.get(f"{own_platform.control}/health", timeout=10).json() == {"status": "ok"}


def test_a_file_in_hdfs_outlives_the_servers(own_platform: Platform) -> None:
    url = f"{own_platform.webhdfs}/webhdfs/v1/kept?user.name={getpass.getuser()}&op="
    made = requests.put(f"{url}CREATE&overwrite=true", data=b"42", timeout=10)
    assert made.status_code == 201, made.text
    down(own_platform.home.path, silent)
    assert status(own_platform.home.path)["state"] == "down"
    up(own_platform.home.path, silent)
    assert requests.get(f"{url}OPEN", timeout=10).content == b"42"


def test_another_number_of_brokers_than_at_the_first_start_is_refused(tmp_path: Path) -> None:
    home = homes.prepare(tmp_path / "home")
    chosen = homes.addresses(home, brokers=3)
    assert homes.addresses(home) == homes.addresses(home, brokers=3) == chosen
    assert chosen.kafka.count("127.0.0.1:") == 3
    with pytest.raises(HomeError, match="has 3 brokers, not 1"):
        homes.addresses(home, brokers=1)


def test_two_ups_at_once_start_one_platform(own_platform: Platform) -> None:
    before = pids(own_platform)
    os.kill(before["model-manager"], signal.SIGKILL)
    environ = os.environ | {"AMML_HOME": str(own_platform.home.path)}
    command = [sys.executable, "-m", "amml_deploy", "up"]
    both = [subprocess.Popen(command, env=environ, stdout=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate()[0] for process in both] != [b"", b""]
    assert [process.returncode for process in both] == [0, 0]
    serving = [
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if "amml_model_manager" in (process.info["cmdline"] or [])
        and (process.info["environ"] or {}).get("AMML_PORT") == own_platform.control.split(":")[-1]
    ]
    assert [process.pid for process in serving] == [pids(own_platform)["model-manager"]]


def test_only_loopback_is_listened_on(own_platform: Platform) -> None:
    listening: set[str] = set()
    for pid in pids(own_platform).values():
        for connection in psutil.Process(pid).net_connections():
            if connection.status == psutil.CONN_LISTEN:
                listening.add(connection.laddr.ip.removeprefix("::ffff:"))
    assert listening == {"127.0.0.1"}


def test_secrets_are_the_owners_only(own_platform: Platform) -> None:
    home = own_platform.home
    for path in (home.platform_file, home.token_file, home.password_file):
        assert path.stat().st_mode & 0o777 == 0o600
    for process in processes_of(home.path):
        line = " ".join(process.cmdline())
        assert own_platform.token not in line
        assert own_platform.database not in line


def test_a_server_that_cannot_start_shows_the_end_of_its_log(own_platform: Platform) -> None:
    data = own_platform.home.data("postgres")
    os.kill(pids(own_platform)["postgres"], signal.SIGINT)
    wait_until(lambda: find(own_platform.home.pid_file("postgres")) is None)
    version = data / "PG_VERSION"
    kept = version.read_text(encoding="utf-8")
    version.write_text("9\n", encoding="utf-8")
    try:
        with pytest.raises(PlatformError, match=r"(?s)postgres has ended.*postgres.log.*version 9"):
            up(own_platform.home.path, silent)
    finally:
        version.write_text(kept, encoding="utf-8")
        up(own_platform.home.path, silent)


def test_a_port_taken_since_is_named(own_platform: Platform) -> None:
    port = own_platform.ports["control"]
    os.kill(pids(own_platform)["model-manager"], signal.SIGKILL)
    wait_until(lambda: ports.is_free(port))
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        said = f"model-manager: port {port} on 127.0.0.1 .* another program \\(pid {os.getpid()}, "
        with pytest.raises(PlatformError, match=said):
            up(own_platform.home.path, silent)
    up(own_platform.home.path, silent)


@pytest.mark.long
def test_a_fresh_platform_chooses_again_where_a_port_was_taken_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken, chosen = other.getsockname()[1], list[int]()

        def choose(count: int) -> list[int]:
            found = real(count) if chosen else [taken, *real(count - 1)]
            chosen[:] = found
            return found

        real = ports.choose
        monkeypatch.setattr(ports, "choose", choose)
        platform = up(tmp_path / "home", silent)
        try:
            assert taken not in platform.ports.values()
            assert chosen == list(platform.ports.values())
        finally:
            down(tmp_path / "home", silent, purge=True)


def test_a_database_that_was_made_opens_after_ports_were_chosen_again(tmp_path: Path) -> None:
    home = homes.prepare(tmp_path / "home")
    Postgres(home, homes.addresses(home)).prepare()
    home.platform_file.unlink()
    platform = homes.addresses(home)
    database = Postgres(home, platform)
    server.ensure(database, home, silent)
    try:
        psycopg2.connect(platform.database).close()
    finally:
        processes.stop(filter(None, [server.running(database, home)]), 20, database.stop_signal)


def test_purge_leaves_no_process_port_or_file(tmp_path: Path) -> None:
    home = tmp_path / "home"
    platform = up(home, silent)
    try:
        assert processes_of(home)
        unused = {platform.ports["connect"]}  # until a worker is wanted
        assert set(filter(ports.is_free, platform.ports.values())) == unused
    finally:
        down(home, silent, purge=True)
    assert list(tmp_path.iterdir()) == []
    assert processes_of(home) == []
    assert all(map(ports.is_free, platform.ports.values()))


def test_purge_touches_no_folder_but_a_platforms(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years", encoding="utf-8")
    with pytest.raises(HomeError, match="nothing was touched"):
        down(tmp_path, silent, purge=True)
    with pytest.raises(HomeError, match="not empty and not AMML's"):
        up(tmp_path, silent)
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize("name", ["with,comma", "with:colon", "with\nline"])
def test_a_home_that_the_servers_could_not_take_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(HomeError, match="has a character"):
        homes.prepare(tmp_path / name)


def test_a_home_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(HomeError, match="cannot be used: Not a directory"):
        homes.prepare(tmp_path / "file" / "home")


def test_the_status_of_nothing_is_down(tmp_path: Path) -> None:
    assert status(tmp_path / "none") == {
        "home": str(tmp_path / "none"),
        "state": "down",
        "servers": [],
    }


def test_addresses_are_chosen_once(tmp_path: Path) -> None:
    home: Home = homes.prepare(tmp_path / "home")
    first = homes.addresses(home)
    assert homes.addresses(home) == first
    assert len(set(first.ports.values())) == len(first.ports)


def wait_until(holds: Callable[[], Any]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
