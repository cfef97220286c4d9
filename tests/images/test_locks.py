"""The images' locks beside the lock of everything: the same versions, nothing forgotten."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "images" / "locks"

# What an image is made of, one lock on top of the other.
RUNTIME = ("runtime",)
PROGRESS = ("runtime", "progress")
TRAIN = ("runtime", "progress", "train")
# Named by TensorFlow, never loaded by it.
UNUSED = {"libclang", "setuptools", "wheel"}


def _pins(path: Path) -> set[str]:
    return set(re.findall(r"^([\w.-]+==\S+)", path.read_text(encoding="utf-8"), re.MULTILINE))


def _names(locks: tuple[str, ...]) -> set[str]:
    return {pin.partition("==")[0] for lock in locks for pin in _pins(LOCKS / f"{lock}.lock")}


def test_every_version_is_the_one_that_was_tested() -> None:
    tested = _pins(ROOT / "requirements.lock")
    for lock in LOCKS.glob("*.lock"):
        if lock.stem != "build":  # what builds our packages is part of none of them
            assert _pins(lock) <= tested, lock.name


def test_every_package_has_its_hashes_and_no_index_has_a_name() -> None:
    for lock in LOCKS.glob("*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert len(_pins(lock)) == len(re.findall(r"==[^\n]*\\\n    --hash=", text)), lock.name
        assert "://" not in text and "index" not in text, lock.name


def test_only_the_training_image_has_tensorflow() -> None:
    assert not {"tensorflow", "tensorflow-cpu", "keras"} & _names(PROGRESS)
    assert {"tensorflow-cpu", "keras", "onnx"} <= _names(TRAIN)
    assert not UNUSED & _names(TRAIN)


def test_an_image_adds_nothing_twice_that_is_big() -> None:
    for upper, lower in (("progress", RUNTIME), ("train", PROGRESS), ("amml", RUNTIME)):
        assert not {"numpy", "pyarrow", "onnxruntime"} & _names((upper,)) & _names(lower)
