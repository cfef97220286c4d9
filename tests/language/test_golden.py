from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from amml_language.codes import CODES
from amml_language.compiler import compile_text
from amml_language.diagnostics import LanguageError
from amml_language.disassembler import disassemble
from amml_language.signature import Signature

HERE = Path(__file__).parent
DIAGNOSTICS = sorted((HERE / "diagnostics").glob("*.amml"))
WORKFLOWS = sorted((HERE / "workflows").glob("*.amml"))
Golden = Callable[[Path, Callable[[str], str]], None]
Signatures = Mapping[str, Signature]


@pytest.mark.parametrize("path", DIAGNOSTICS, ids=lambda path: path.stem)
def test_a_wrong_text_earns_exactly_these_messages(
    path: Path, signatures: Signatures, golden: Golden
) -> None:
    def message(text: str) -> str:
        with pytest.raises(LanguageError) as caught:
            compile_text(text, signatures)
        return str(caught.value)

    golden(path, message)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_compiles_to_exactly_this_bytecode(
    path: Path, signatures: Signatures, golden: Golden
) -> None:
    golden(path, lambda text: disassemble(compile_text(text, signatures)))


def test_there_are_goldens_for_every_code_of_the_front() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in DIAGNOSTICS)
    of_components = {"E214"}  # raised by a component's own check
    front = {code for code in CODES if code < "E3"} - of_components
    assert {code for code in front if f"error[{code}]" not in texts} == set()
