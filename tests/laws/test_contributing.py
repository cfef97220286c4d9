"""What CONTRIBUTING.md shows is what the laws try."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_component_that_is_shown_is_the_one_that_is_tried() -> None:
    shown = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    tried = (ROOT / "tests/laws/own/amml_own/fahrenheit.py").read_text(encoding="utf-8")
    assert f"```python\n{tried}```" in shown
