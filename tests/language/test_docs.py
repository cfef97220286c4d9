import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from amml_language.codes import CODES
from amml_language.compiler import compile_text
from amml_language.diagnostics import LanguageError
from amml_language.disassembler import disassemble
from amml_language.signature import Signature

Signatures = Mapping[str, Signature]
PAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```amml\n(.*?)^```", PAGE, re.M | re.S)


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_workflow_of_the_page_compiles(text: str, signatures: Signatures) -> None:
    assert compile_text(text, signatures).instructions


def test_the_page_explains_every_code_of_the_front_as_the_table_does() -> None:
    front = [f"* **{code}** {text}\n" for code, text in CODES.items() if code < "E3"]
    assert "".join(front) in PAGE


def test_the_bytecode_of_the_page_is_what_is_printed(signatures: Signatures) -> None:
    shown = disassemble(compile_text('source id="ett" | filter cond = OT > 40 | print', signatures))
    for line in re.findall(r"^    (.*# \d+-\d+)$", PAGE, re.M):
        assert line in shown.split("\n")


def test_each_habit_of_the_page_is_refused_and_its_replacement_taken(
    signatures: Signatures,
) -> None:
    table = PAGE.partition("| Written | Write |")[2].partition("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.split("\n")[2:]]
    for written, write in rows:
        for text in re.findall("`([^`]+)`", written):
            with pytest.raises(LanguageError):
                compile_text(_fragment(text), signatures, fragment=True)
        for text in re.findall("`([^`]+)`", write.replace("leave `select` out", "")):
            compile_text(_fragment(text), signatures, fragment=True)


def _fragment(text: str) -> str:
    return text if text.startswith(("filter", "source", "select")) else f"filter {text}"
