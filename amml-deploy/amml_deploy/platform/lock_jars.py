"""`python -m amml_deploy.platform.lock_jars` writes `jars.lock` anew from what is resolved now.

The diff is read like code.
"""

from amml_deploy.platform.jar_lock import LOCK_FILE, write
from amml_deploy.platform.jars import GROUPS, cache_path, jars


def main() -> None:
    """Resolve everything, and lock it as it is."""
    cache = cache_path()
    found = [jar for name, each in GROUPS.items() for jar in jars(name, each, cache, print)]
    write(LOCK_FILE, found, cache / "maven")


if __name__ == "__main__":
    main()
