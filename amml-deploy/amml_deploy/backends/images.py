"""Which container image a step runs in, and what that image is called."""

from collections.abc import Mapping

from amml_runtime.spec import StepSpec

NAMES = ("ingress", "progress", "train", "egress", "model-manager", "alert-board", "amml")

_FAMILIES = {"amml_ingress": "ingress", "amml_egress": "egress"}


def image_of(step: StepSpec) -> str:
    """The image that has all a step's process needs, and no more.

    A training needs TensorFlow. Steps fused into one process may come from several families:
    `progress` has them all, and is the one to build upon for components of one's own.
    """
    if step.mode == "train":
        return "train"
    found = {_family(stage.component) for stage in step.stages}
    return found.pop() if len(found) == 1 else "progress"


def reference(image: str, environ: Mapping[str, str]) -> str:
    """The full name of an image: `AMML_REGISTRY` stands before it, `AMML_TAG` is its version.

    >>> reference("progress", {})
    'amml/progress:dev'
    >>> reference("progress", {"AMML_REGISTRY": "registry.example:5000", "AMML_TAG": "0.1.0"})
    'registry.example:5000/amml/progress:0.1.0'
    """
    registry = environ.get("AMML_REGISTRY", "").rstrip("/")
    name = f"amml/{image}:{environ.get('AMML_TAG') or 'dev'}"
    return f"{registry}/{name}" if registry else name


def _family(component: str) -> str:
    """The image of one component, named `module:Class`."""
    return _FAMILIES.get(component.partition(".")[0], "progress")
