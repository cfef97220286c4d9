"""How a step's process begins, and how it ends: its code, its words, and no folder left over."""

import subprocess
import sys
from pathlib import Path

ENDING = """
import sys, tempfile
from amml_runtime.__main__ import end
folder = tempfile.TemporaryDirectory()
print(folder.name)
print("why", file=sys.stderr)
end(3)
"""


def test_an_ending_process_keeps_its_code_its_words_and_no_folder() -> None:
    done = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True)
    assert done.returncode == 3
    assert done.stderr == "why\n"
    assert done.stdout.startswith("/") and not Path(done.stdout.strip()).exists()


def test_the_clients_connect_while_arrow_is_still_to_be_imported() -> None:
    begun = "import sys, amml_runtime.__main__; print('pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", begun], capture_output=True, text=True)
    assert done.stdout == "False\n"
