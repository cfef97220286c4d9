"""The plug-in is compiled once for each content of its sources, whole or not at all."""

import shutil
import zipfile
from pathlib import Path

import pytest

from amml_deploy.platform import jars, plugin_build
from amml_deploy.platform.errors import PlatformError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the sources, to change."""
    copy = tmp_path / "connect-jdbc"
    shutil.copytree(plugin_build.PROJECT, copy, ignore=shutil.ignore_patterns("test", "target"))
    return copy


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A download cache with the jars of the real one, and no plug-in yet."""
    folder = tmp_path / "cache"
    folder.mkdir()
    for group in ("jdbc-drivers", "connect", "compiler"):
        plugin_build.fetched(group, jars.cache_path(), lambda _: None)
        shutil.copy(jars.cache_path() / f"{group}.json", folder)
    (folder / "maven").symlink_to(jars.cache_path() / "maven")
    return folder


def build(cache: Path, project: Path) -> tuple[Path, list[str]]:
    """The folder, and what was reported."""
    said: list[str] = []
    return plugin_build.build(cache, said.append, project), said


def test_it_is_built_once(cache: Path, project: Path) -> None:
    first, said = build(cache, project)
    assert said == ["compiling the JDBC source"]
    assert build(cache, project) == (first, [])


def test_the_folder_holds_our_jar_and_the_drivers(cache: Path, project: Path) -> None:
    folder, _ = build(cache, project)
    names = {path.name for path in folder.iterdir()}
    drivers = {jar.name for jar in plugin_build.fetched("jdbc-drivers", cache, lambda _: None)}
    assert names == {"amml-connect-jdbc.jar"} | drivers
    with zipfile.ZipFile(folder / "amml-connect-jdbc.jar") as jar:
        assert b"Implementation-Version: 0.1.0" in jar.read("META-INF/MANIFEST.MF")
        connectors = "META-INF/services/org.apache.kafka.connect.source.SourceConnector"
        assert jar.read(connectors).split() == [b"amml.connect.jdbc.JdbcSourceConnector"]


def test_a_changed_source_makes_another_plug_in(cache: Path, project: Path) -> None:
    first, _ = build(cache, project)
    source = project / "src/main/java/amml/connect/SecretConfigProvider.java"
    source.write_text(source.read_text(encoding="utf-8") + "// changed\n", encoding="utf-8")
    assert build(cache, project)[0] != first


def test_sources_that_do_not_compile_leave_nothing(cache: Path, project: Path) -> None:
    (project / "src/main/java/amml/connect/Broken.java").write_text("class {", encoding="utf-8")
    with pytest.raises(PlatformError, match="Broken.java"):
        build(cache, project)
    assert list((cache / "plugins").iterdir()) == []


def test_an_installation_without_the_sources_says_so(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="no JDBC source in this installation"):
        build(cache, tmp_path / "nowhere")
