"""Install packages into /opt/amml, and leave out what no process of ours ever loads.

`python3 install.py --require-hashes -r FILE.lock` for what others made, which comes from the index;
`python3 install.py amml-NAME ...` for our own wheels in /wheels.
"""

import compileall
import shutil
import subprocess
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

FOLDER = Path("/opt/amml")
# Tests and headers of packages; Arrow's own network server; tools for training and export.
LEFT_OUT = ("bin", "*/tests", "*/*/tests", "*/include", "numpy/*/tests", "pyarrow/*flight*",
            "pyarrow/src", "onnxruntime/transformers", "onnxruntime/quantization",
            "onnxruntime/tools")  # fmt: skip


def main(arguments: list[str]) -> None:
    """Install, leave out, compile: at run time nothing can be written."""
    FOLDER.mkdir(parents=True)
    own = [] if "-r" in arguments else ["--no-index", "--find-links", "/wheels"]
    quiet = ["--quiet", "--no-cache-dir", "--no-compile", "--root-user-action", "ignore"]
    pip = [sys.executable, "-m", "pip", "install", *quiet, "--no-deps", "--target", str(FOLDER)]
    subprocess.run([*pip, *own, *arguments], check=True)
    for pattern in LEFT_OUT:
        for path in FOLDER.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    unchecked = PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(FOLDER, quiet=2, workers=0, invalidation_mode=unchecked)


if __name__ == "__main__":
    main(sys.argv[1:])
