"""`docs/components/` is what the components say of themselves: `--update-golden` writes it."""

from pathlib import Path

import pytest

from amml_deploy.reference import index, markdown, reference
from amml_runtime.registry import modules

PAGES = Path(__file__).parents[2] / "docs" / "components"
WORDS = sorted(modules())


def current(page: Path, text: str, update: bool) -> bool:
    if update:
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, encoding="utf-8")
    return page.is_file() and page.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("word", WORDS)
def test_each_page_is_made_from_the_docstring(word: str, update_golden: bool) -> None:
    assert current(PAGES / f"{word}.md", markdown(word), update_golden)


@pytest.mark.parametrize("word", WORDS)
def test_every_component_says_what_it_adds_and_shows_it(word: str) -> None:
    found = reference(word)
    assert found.signature.help.endswith(".")
    assert {"Adds", "Gives"} & set(found.sections)
    assert found.examples


def test_the_index_leads_to_every_page_and_to_no_other(update_golden: bool) -> None:
    assert current(PAGES / "README.md", index(), update_golden)
    pages = {page.stem for page in PAGES.glob("*.md")} - {"README"}
    for stale in pages - set(WORDS) if update_golden else ():
        (PAGES / f"{stale}.md").unlink()
    assert update_golden or pages == set(WORDS)
