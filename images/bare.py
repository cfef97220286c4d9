"""Copy Python, and what it needs to run, out of this file system into an empty one.

`python3 bare.py FOLDER`, as root in a stage of a build. Left behind are shells, package managers,
setuid programs, and the base's own settings. `var/lib/dpkg/status` keeps the rows of the Debian
packages that have a file in the new folder, for those who look for known weaknesses.
"""

import compileall
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from py_compile import PycInvalidationMode

USER = 10001
STDLIB = Path(sysconfig.get_path("stdlib"))
# Parts of the standard library that install packages, or draw windows.
NOT_WANTED = ("dist-packages", "site-packages", "ensurepip", "idlelib", "lib2to3", "test",
              "tkinter", "turtledemo", "config-*", "__pycache__")  # fmt: skip
# Loaded by name while running, or wanted by packages that are installed later.
BY_NAME = ("libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2", "libgcc_s.so.1",
           "libstdc++.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1",
           "libm.so.6")  # fmt: skip
FILES = ("etc/ssl/openssl.cnf", "etc/ssl/certs", "etc/nsswitch.conf", "etc/os-release",
         "etc/debian_version", "etc/mime.types", "usr/lib/os-release", "usr/lib/ssl",
         "usr/share/zoneinfo", "usr/share/ca-certificates", "etc/ld.so.cache", "etc/ld.so.conf",
         "etc/ld.so.conf.d", "lib", "lib64")  # fmt: skip


def main(new: Path) -> None:
    """Fill the folder."""
    for name in ("tmp", "proc", "sys", "dev", "run/secrets", "etc/amml", "opt/amml"):
        (new / name).mkdir(parents=True)
    (new / "tmp").chmod(0o1777)
    for name in FILES:
        copy(Path("/", name), new)
    copy_python(new)
    for library in libraries():
        copy(library, new)
    write(new / "etc/passwd", f"amml:x:{USER}:{USER}::/tmp:/nonexistent\n")
    write(new / "etc/group", f"amml:x:{USER}:\n")
    write(new / "var/lib/dpkg/status", "\n".join(kept_packages(new)))


def copy(path: Path, new: Path) -> None:
    """Copy a folder with its links, or the file that a name stands for."""
    path = path.parent.resolve() / path.name  # /lib64 may be a link to a folder not there yet
    target = new / path.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() and path.is_dir():
        target.symlink_to(os.readlink(path))
    elif path.is_dir():
        shutil.copytree(path, target, symlinks=True, dirs_exist_ok=True)
    elif path.exists():
        shutil.copy2(path, target)


def copy_python(new: Path) -> None:
    """The program and its standard library, compiled: at run time nothing can be written."""
    program = Path(sys.executable).resolve()
    copy(program, new)
    for name in ("python3", "python"):
        (new / program.relative_to("/")).with_name(name).symlink_to(program.name)
    target = new / STDLIB.relative_to("/")
    shutil.copytree(STDLIB, target, ignore=shutil.ignore_patterns(*NOT_WANTED))
    unchecked = PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(target, ddir=str(STDLIB), quiet=2, invalidation_mode=unchecked)


def libraries() -> Iterator[Path]:
    """Every shared library that Python, or one of its modules, is linked with."""
    programs = [Path(sys.executable), *(STDLIB / "lib-dynload").glob("*.so")]
    listed = subprocess.run(["ldd", *programs], text=True, capture_output=True, check=True).stdout
    found = {Path(name) for name in re.findall(r"(/\S+) \(0x", listed)}
    home = next(path.parent for path in found if path.name == "libc.so.6")
    named = (folder / name for name in BY_NAME for folder in (home, Path("/usr", *home.parts[1:])))
    return (path for path in {*found, *named} if path.exists())


def kept_packages(new: Path) -> Iterator[str]:
    """The rows of the Debian packages that have a library or a table in the new folder."""
    status = Path("/var/lib/dpkg/status").read_text(encoding="utf-8")
    for row in status.split("\n\n"):
        if (name := re.match(r"Package: (\S+)", row)) and has_files(name[1], new):
            yield row + "\n"


def has_files(package: str, new: Path) -> bool:
    """Whether any file of a package is in the new folder."""
    info = Path("/var/lib/dpkg/info")
    for listed in (*info.glob(f"{package}.list"), *info.glob(f"{package}:*.list")):
        names = listed.read_text(encoding="utf-8").splitlines()
        if any((new / name[1:]).is_file() for name in names):
            return True
    return False


def write(path: Path, text: str) -> None:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
