"""Whether HDFS takes and gives files: safe mode, DataNodes, room, copies."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from amml_deploy.doctor.finding import Finding, ok, problem, size, warning
from amml_deploy.doctor.site import Silent, Site

# A DataNode with less free than a block and this much more refuses even one byte.
_BLOCK = 128 << 20
_REFUSES = _BLOCK + (1 << 30)


def examine(site: Site) -> Iterator[Finding]:
    """Ask the NameNode."""
    down = [name for name in ("namenode", "datanode") if _is_down(site, name)]
    try:
        info, system = site.namenode("NameNodeInfo"), site.namenode("FSNamesystem")
    except Silent as error:
        yield problem(
            str(error),
            "models cannot be loaded or saved, and sources of files cannot start",
            "`amml up` starts what is down"
            if down
            else "see the NameNode's log; `amml down`, then `amml up`, starts it anew",
        )
        return
    yield from judge(info, system)


def judge(info: Mapping[str, Any], system: Mapping[str, Any]) -> Iterator[Finding]:
    """What the beans `NameNodeInfo` and `FSNamesystem` mean."""
    found = [*_safe_mode(info), *_nodes(info), *_blocks(system)]
    yield from found
    if not found:
        nodes = json.loads(info["LiveNodes"])
        free = max(node["remaining"] for node in nodes.values())
        yield ok(f"HDFS {info['SoftwareVersion']}, {len(nodes)} DataNode, {size(free)} free")


def _safe_mode(info: Mapping[str, Any]) -> Iterator[Finding]:
    if info["Safemode"]:
        yield problem(
            "HDFS is in safe mode",
            "files can be read, but nothing is written: no training is kept, no source added",
            "it ends by itself soon after a start; else: hdfs dfsadmin -safemode leave",
        )


def _nodes(info: Mapping[str, Any]) -> Iterator[Finding]:
    nodes = json.loads(info["LiveNodes"])
    dead = json.loads(info["DeadNodes"])
    if dead:
        yield warning(
            f"{len(dead)} DataNode is dead",
            "files have a copy less, or none",
            "`amml up` starts it, or take it out of the cluster",
        )
    if not nodes:
        yield problem(
            "no DataNode is alive", "no file can be read or written", "`amml up` starts it"
        )
        return
    free = max(node["remaining"] for node in nodes.values())
    needed = f"a DataNode refuses to write with less than {size(_REFUSES)} free"
    if free < _REFUSES:
        yield problem(
            f"only {size(free)} are free", needed, "make room on the disk of the DataNodes"
        )
    elif free < 4 * _REFUSES:
        yield warning(f"{size(free)} are free", needed, "make room on the disk of the DataNodes")


def _blocks(system: Mapping[str, Any]) -> Iterator[Finding]:
    if lost := system["MissingBlocks"] + system["CorruptBlocks"]:
        yield problem(
            f"{lost} blocks are lost or damaged",
            "the files they belong to cannot be read",
            "start every DataNode; `hdfs fsck / -list-corruptfileblocks` names the files",
        )
    if few := system["LowRedundancyBlocks"]:
        yield warning(
            f"{few} blocks have too few copies",
            "one more disk that fails may lose them",
            "start every DataNode; HDFS then copies them by itself",
        )


def _is_down(site: Site, name: str) -> bool:
    return site.servers.get(name, {}).get("state") == "down"
