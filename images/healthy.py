"""The health check of an image: `python3 healthy.py PORT PATH` ends with 0 if that answers 200.

It asks loopback itself, without a shell, curl, or a proxy of the environment.
"""

import sys
from http.client import HTTPConnection, HTTPException


def healthy(port: int, path: str) -> bool:
    """Whether the server of this container answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not healthy(int(sys.argv[1]), sys.argv[2]))
