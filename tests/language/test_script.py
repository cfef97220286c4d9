import subprocess
import sys

import pyarrow as pa
import pytest

from amml_language.datatypes import Type
from amml_language.diagnostics import LanguageError
from amml_language.parser import parse_expression
from amml_language.script import Script, ScriptError, compile_script, fold
from amml_language.tree import Duration

BATCH = pa.record_batch({"co2": [900, None], "name": ["a", "b"], "parts": [[1], [2]]})


def compiled(text: str) -> Script:
    return compile_script(parse_expression(text), text)


def error(text: str, batch: pa.RecordBatch = BATCH, expect: Type | None = None) -> str:
    with pytest.raises(ScriptError) as caught:
        compiled(text).run(batch, expect)
    return str(caught.value)


def test_a_script_reads_as_lines_with_their_places() -> None:
    assert compiled("co2 > 2 * 500").disassemble() == [
        "r0 <- column co2   # 0-3",
        "r1 <- constant 1000   # 6-13",
        "r2 <- greater r0 r1   # 0-13",
    ]


def test_an_expression_written_twice_is_computed_once() -> None:
    code = [each.opcode for each in compiled("(a + b) * (a + b) + abs(a + b)").code]
    assert code == ["column", "column", "add", "multiply", "call", "add"]


def test_constants_that_are_equal_but_not_the_same_are_kept_apart() -> None:
    code = compiled("1 if p else 1.0 if q else 0.0 if r else -0.0").code
    constants = {repr(each.argument) for each in code if each.opcode == "constant"}
    assert constants == {"1", "1.0", "0.0", "-0.0"}


def test_registers_are_used_again() -> None:
    text = " + ".join(f"c{number} * {number + 2}" for number in range(80))
    assert max(each.target for each in compiled(text).code) < 5


def test_columns_are_named_in_the_order_of_the_text() -> None:
    assert compiled('b if a > col("PM2.5") else b + c').columns == ("b", "a", "PM2.5", "c")


def test_a_fingerprint_knows_the_script_and_not_its_place() -> None:
    here, there = compiled("a > 1"), compiled("   a  >  1")
    assert here != there
    assert here.fingerprint == there.fingerprint
    assert here.fingerprint != compiled("a > 2").fingerprint
    assert here.fingerprint != compiled("a > 1.0").fingerprint


def test_json_keeps_every_kind_of_constant() -> None:
    script = compiled("x in [1, 2.5, null] and y == 'é' and d in [1h, 5ms] and d > 90s or true")
    assert Script.from_json(script.to_json()) == script


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10 ** 6", 1_000_000),
        ("-5", -5),
        ("1h + 30m", Duration(5_400_000_000)),
        ("10 ** -3", 0.001),
        ("'a' in ['a']", True),
        ("1 / 0", None),
        ("coalesce(1 // 0, 7)", 7),
        ("null", None),
    ],
)
def test_constants_fold(text: str, value: object) -> None:
    found = fold(parse_expression(text), text)
    assert (type(found), found) == (type(value), value)


def test_a_column_does_not_fold() -> None:
    with pytest.raises(LanguageError, match="E206"):
        fold(parse_expression("2 * a"), "2 * a")


@pytest.mark.parametrize("tower", ["9 ** 9 ** 9", "9 ** 9 ** 9 ** 9", "2 ** 9223372036854775807"])
def test_a_tower_of_powers_is_null_at_once(tower: str) -> None:
    assert fold(parse_expression(tower), tower) is None


def test_an_unknown_column_names_those_that_are_there() -> None:
    assert error("source > 1 and co3 > 1") == (
        "error[E304]: no column `source`\n"
        "  source > 1 and co3 > 1\n"
        "  ^^^^^^ there are: co2, name, parts\n"
        "error[E304]: no column `co3`\n"
        "  source > 1 and co3 > 1\n"
        "                 ^^^ did you mean `co2`? there are: co2, name, parts"
    )


def test_a_column_of_the_wrong_type_stands_under_the_caret() -> None:
    assert error("1 + (name * 2)") == (
        "error[E303]: `x * y` does not take text and int\n"
        "  1 + (name * 2)\n"
        "      ^^^^^^^^^^ it takes int, int; float, float; duration, int; int, duration"
    )


def test_a_column_that_no_script_can_read_is_refused() -> None:
    assert "error[E310]: column `parts` is of type list" in error("is_null(parts)")


def test_the_result_is_of_the_type_expected_or_refused() -> None:
    assert "error[E311]: the script gives int, but boolean is needed" in error(
        "co2", expect=Type.BOOLEAN
    )
    assert compiled("null").run(BATCH, Type.BOOLEAN).values.type == pa.bool_()
    assert compiled("co2").run(BATCH, Type.FLOAT).values.to_pylist() == [900.0, None]


def test_a_script_without_columns_gives_a_value_for_each_row() -> None:
    assert compiled("'ppm'").run(BATCH).values.to_pylist() == ["ppm", "ppm"]
    assert len(compiled("'ppm'").run(BATCH.slice(0, 0)).values) == 0


def test_the_input_comes_out_unchanged() -> None:
    before = BATCH.to_pylist()
    compiled("co2 / 0 > -co2 and is_null(name)").run(BATCH)
    assert BATCH.to_pylist() == before


def test_texts_and_scripts_have_a_limit() -> None:
    for text in (f"'{'a' * 1001}'", f"coalesce({', '.join(['a'] * 101)})"):
        with pytest.raises(LanguageError, match="E309|E302"):
            compiled(text)
    many = ", ".join(f"max({', '.join(f'a + {9 * n + k}' for k in range(9))})" for n in range(60))
    with pytest.raises(LanguageError, match="E309"):
        compiled(f"max({many})")


def test_compiling_a_plain_script_does_not_import_arrow() -> None:
    code = (
        "import sys\n"
        "from amml_language.script import compile_script\n"
        "from amml_language.parser import parse_expression\n"
        "text = 'co2 > -1000 and x in [1, 2]'\n"
        "compile_script(parse_expression(text), text)\n"
        "assert 'pyarrow' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
