import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from amml_language.compiler import compile, compile_text
from amml_language.parser import parse
from amml_language.program import Create, Link, Program, SetLabel
from amml_language.signature import Signature
from amml_language.tokens import tokenize

Signatures = Mapping[str, Signature]
WORKFLOWS = sorted((Path(__file__).parent / "workflows").glob("*.amml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_program_survives_json(path: Path, signatures: Signatures) -> None:
    program = compile_text(path.read_text(encoding="utf-8"), signatures)
    assert Program.from_json(json.loads(json.dumps(program.to_json()))) == program


def test_a_tree_compiles_as_its_text_does(signatures: Signatures) -> None:
    text = 'source id="ett" | filter OT > 40 | alert'
    tree = parse(tokenize(text), text)
    assert compile(tree, signatures) == compile_text(text, signatures)


@pytest.mark.parametrize(
    "text",
    [
        "filter a > 1",
        "filter a > 1 | select b",
        'source id="x"',
        "( key a ; key b ) | join",
        "print",
    ],
)
def test_a_fragment_may_lack_ends(text: str, signatures: Signatures) -> None:
    assert compile_text(text, signatures, fragment=True).instructions


def test_wiring_words_are_no_steps(signatures: Signatures) -> None:
    text = 'source id="a" | split | ( filter x > 1 ; filter y > 1 ) | join | print'
    program = compile_text(text, signatures)
    steps = [each.component for each in program.instructions if isinstance(each, Create)]
    links = [
        (each.source_step, each.target_step)
        for each in program.instructions
        if isinstance(each, Link)
    ]
    assert steps == ["source", "filter", "filter", "print"]
    assert links == [(0, 1), (0, 2), (1, 3), (2, 3)]


def test_a_label_tells_whether_it_was_written(signatures: Signatures) -> None:
    program = compile_text('source id="a" | p: print', signatures)
    labels = [each for each in program.instructions if isinstance(each, SetLabel)]
    assert [(each.label, each.written) for each in labels] == [("source", False), ("p", True)]


def test_importing_and_compiling_the_language_needs_no_arrow() -> None:
    code = """
import sys
from amml_language.compiler import compile_text
from amml_language.signature import Kind, Parameter, Role, Signature
words = {"f": Signature("f", Role.PROGRESS, (Parameter("cond", Kind.SCRIPT),))}
compile_text("f a > 1 and not b", words, fragment=True)
assert "pyarrow" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
