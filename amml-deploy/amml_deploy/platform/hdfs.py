"""HDFS: a NameNode and a DataNode, each a process, WebHDFS on loopback."""

import getpass
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import requests

from amml_deploy.platform.home import Home, Platform
from amml_deploy.platform.java import java
from amml_deploy.platform.server import Command, run

_HEAP = 192
# whoever starts HDFS may do everything in it; the control API is the same user
_USER = {"HADOOP_USER_NAME": getpass.getuser()}
_CONFIG = "hdfs"


@dataclass(frozen=True)
class NameNode:
    """Where the names of files are, and WebHDFS."""

    home: Home
    platform: Platform
    jars: Sequence[Path]

    name = "namenode"
    stop_signal = signal.SIGTERM

    @property
    def ports(self) -> tuple[int, ...]:
        """RPC and WebHDFS."""
        return self.platform.ports["namenode"], self.platform.ports["webhdfs"]

    def prepare(self) -> None:
        """Write the configuration and format the storage once."""
        write_configuration(self.home, self.platform)
        data = self.home.data(self.name)
        if not data.exists():
            self._format(data)

    def command(self) -> Command:
        """The NameNode in a JVM."""
        return Command(self._java([]), _USER)

    def is_ready(self) -> bool:
        """Whether it has loaded its names and answers."""
        state = bean(self.platform.ports["webhdfs"], "NameNode", "NameNodeStatus")
        return state.get("State") == "active"

    def _format(self, data: Path) -> None:
        """Format a folder beside the real one, then rename it: it is whole or not there."""
        new = data.with_name(data.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        where = f"-Ddfs.namenode.name.dir={new.as_uri()}"
        run(self._java([where, "-format", "-nonInteractive", "-force"]), self.name, _USER)
        new.rename(data)

    def _java(self, arguments: Sequence[str]) -> list[str]:
        main = "org.apache.hadoop.hdfs.server.namenode.NameNode"
        return hadoop(main, arguments, self.home, self.jars)


@dataclass(frozen=True)
class DataNode:
    """Where the bytes of files are."""

    home: Home
    platform: Platform
    jars: Sequence[Path]

    name = "datanode"
    stop_signal = signal.SIGTERM

    @property
    def ports(self) -> tuple[int, ...]:
        """Data, WebHDFS and RPC."""
        names = ("datanode", "datanode_http", "datanode_ipc")
        return tuple(self.platform.ports[name] for name in names)

    def prepare(self) -> None:
        """Write the configuration."""
        write_configuration(self.home, self.platform)
        self.home.data(self.name).mkdir(parents=True, exist_ok=True)

    def command(self) -> Command:
        """The DataNode in a JVM."""
        main = "org.apache.hadoop.hdfs.server.datanode.DataNode"
        return Command(hadoop(main, [], self.home, self.jars), _USER)

    def is_ready(self) -> bool:
        """Whether it serves, and the NameNode would give it a block to write."""
        info = bean(self.platform.ports["datanode_http"], "DataNode", "DataNodeInfo")
        return "RUNNING" in str(info.get("BPServiceActorInfo")) and self._takes_blocks()

    def _takes_blocks(self) -> bool:
        """Asking where a file would be written does not make it."""
        query = {
            "op": "CREATE",
            "noredirect": "true",
            "overwrite": "true",
            "user.name": getpass.getuser(),
        }
        url = f"{self.platform.webhdfs}/webhdfs/v1/.amml-probe"
        try:
            with _session() as session:
                return session.put(url, params=query, timeout=5).status_code == 200
        except requests.RequestException:
            return False


def hadoop(main: str, arguments: Sequence[str], home: Home, jars: Sequence[Path]) -> list[str]:
    """The command of a Hadoop server; each has a class path file of its own."""
    config = home.config(_CONFIG)
    own = config / main.rpartition(".")[2].lower()
    own.mkdir(exist_ok=True)
    # The jars hold no web pages, and the servers refuse to start without the folders.
    return java(main, arguments, [config, config / "web", *jars], _HEAP, own)


def write_configuration(home: Home, platform: Platform) -> None:
    """Write what both servers read, and the folders of web pages they want to see."""
    config = home.config(_CONFIG)
    for pages in ("hdfs", "datanode", "static"):
        (config / "web" / "webapps" / pages / "WEB-INF").mkdir(parents=True, exist_ok=True)
    _write_xml(config / "core-site.xml", _core(home, platform.ports))
    _write_xml(config / "hdfs-site.xml", _hdfs(home, platform.ports))


def bean(port: int, service: str, name: str) -> Mapping[str, Any]:
    """What a server's JMX page says of one of its parts; empty while it does not answer."""
    url = f"http://127.0.0.1:{port}/jmx"
    try:
        with _session() as session:
            query = {"qry": f"Hadoop:service={service},name={name}"}
            beans = session.get(url, params=query, timeout=5).json()["beans"]
    except (requests.RequestException, ValueError, KeyError):
        return {}
    return beans[0] if beans else {}


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # a proxy between here and loopback helps nobody
    return session


def _core(home: Home, ports: Mapping[str, int]) -> dict[str, str]:
    return {
        "fs.defaultFS": f"hdfs://127.0.0.1:{ports['namenode']}",
        "hadoop.tmp.dir": str(home.data("hadoop-tmp")),
        "hadoop.security.token.service.use_ip": "true",
    }


def _hdfs(home: Home, ports: Mapping[str, int]) -> dict[str, str]:
    return {
        "dfs.replication": "1",
        "dfs.namenode.name.dir": home.data("namenode").as_uri(),
        "dfs.datanode.data.dir": home.data("datanode").as_uri(),
        "dfs.namenode.rpc-address": f"127.0.0.1:{ports['namenode']}",
        "dfs.namenode.http-address": f"127.0.0.1:{ports['webhdfs']}",
        "dfs.datanode.address": f"127.0.0.1:{ports['datanode']}",
        "dfs.datanode.http.address": f"127.0.0.1:{ports['datanode_http']}",
        "dfs.datanode.ipc.address": f"127.0.0.1:{ports['datanode_ipc']}",
        "dfs.datanode.hostname": "127.0.0.1",
        "dfs.namenode.datanode.registration.ip-hostname-check": "false",
        # Start and recover in seconds: one DataNode is all there is to wait for.
        "dfs.namenode.safemode.extension": "0",
        "dfs.namenode.safemode.min.datanodes": "1",
        "dfs.heartbeat.interval": "1",
        "dfs.namenode.heartbeat.recheck-interval": "3000",
        # A file is closed 400 ms after its last block by default; small files are most of ours.
        "dfs.client.block.write.locateFollowingBlock.initial.delay.ms": "10",
        # Small disks work too.
        "dfs.namenode.resource.du.reserved": "0",
        "dfs.datanode.du.reserved": "0",
    }


def _write_xml(path: Path, properties: Mapping[str, str]) -> None:
    lines = [
        f"<property><name>{name}</name><value>{escape(value)}</value></property>"
        for name, value in properties.items()
    ]
    text = "\n".join(["<configuration>", *lines, "</configuration>", ""])
    path.write_text(text, encoding="utf-8")
