from pathlib import Path

from amml_language.reference import with_tables

DOCUMENT = Path(__file__).parents[2] / "docs" / "scripts.md"


def test_the_reference_of_scripts_agrees_with_the_tables(update_golden: bool) -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    if update_golden:
        DOCUMENT.write_text(with_tables(document), encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == with_tables(document)
