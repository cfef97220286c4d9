"""Which image a step's container is made from."""

from dataclasses import replace

import pytest

from amml_deploy.backends.images import image_of, reference
from amml_runtime.spec import Mode, Stage, StepSpec

FILTER = StepSpec("amml", "hot", 1, "filter", "process", "amml_progress.filter:Filter", "i")


@pytest.mark.parametrize(
    ("mode", "component", "image"),
    [
        ("read", "amml_ingress.normalsource:Normalsource", "ingress"),
        ("process", "amml_ingress.topic:Topic", "ingress"),
        ("process", "amml_progress.filter:Filter", "progress"),
        ("fit", "amml_progress.minmax_scale:MinmaxScale", "progress"),
        ("train", "amml_progress.train_lstm:TrainLstm", "train"),
        ("write", "amml_egress.print:Print", "egress"),
        ("process", "amml_egress.alert:Alert", "egress"),
        ("process", "amml_own.fahrenheit:Fahrenheit", "progress"),
    ],
)
def test_mode_and_family_decide(mode: Mode, component: str, image: str) -> None:
    assert image_of(StepSpec("amml", "hot", 1, "x", mode, component, "i")) == image


def test_a_process_of_several_families_needs_the_image_that_has_them_all() -> None:
    topic = Stage("topic", "amml_ingress.topic:Topic", "i")
    ends = replace(FILTER, component="amml_egress.print:Print", mode="write")
    assert image_of(replace(ends, fused=(topic,))) == "progress"
    alert = Stage("alert", "amml_egress.alert:Alert", "i")
    assert image_of(replace(ends, fused=(alert,))) == "egress"


def test_an_empty_tag_is_none() -> None:
    assert reference("train", {"AMML_TAG": "", "AMML_REGISTRY": ""}) == "amml/train:dev"
