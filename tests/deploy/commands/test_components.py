from collections.abc import Callable
from typing import Any


def test_every_word_of_the_language_is_listed(amml: Callable[..., Any]) -> None:
    names = [line.split()[0] for line in amml("components").out.splitlines()]
    assert names[0] == "NAME"
    assert {"source", "filter", "train_lstm", "print", "split", "join"} <= set(names)


def test_a_component_is_explained_by_its_own_declaration(amml: Callable[..., Any]) -> None:
    text = amml("components", "normalsource").out
    assert ">>> run('normalsource" in text or '>>> run("normalsource' in text
    document = amml("components", "normalsource", "--output", "json").document
    [mean] = [each for each in document["parameters"] if each["name"] == "mean"]
    assert (mean["kind"], mean["required"]) == ("float", False)
    assert ["mean", "float", str(mean["default"])] in [line.split() for line in text.splitlines()]


def test_an_unknown_component_gets_its_neighbour(amml: Callable[..., Any]) -> None:
    ran = amml("components", "minmax_scalar")
    assert ran.code == 2 and "did you mean `minmax_scaler`?" in ran.err
