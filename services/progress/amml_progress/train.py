"""The component `train`."""

from dataclasses import dataclass

from amml_progress._shared.trainer import Trainer


@dataclass(frozen=True)
class Train(Trainer):
    """Train a model on all the rows that come in, up to the end.

    Parameters:
        model: the model's name and version, "ett:0.1", as added with `amml model add`.
        epoch: how many times to go through the rows; the definition's number unless given.
        seed: fixes everything random; follows from the training's name unless given.
    Gives: a row an epoch: `epoch`, `loss` and `val_loss` (of the rows trained on and of the
        rows held out, in the unit of the label's scale), `seconds`, `run`. At the end the
        model is registered as a new run, with its held-out error beside that of persistence.
    Errors: a column that is missing or holds no numbers; too few rows; a network whose
        ONNX form does not answer as Keras does.
    Source: Sohn and Kim (2022), Figs. 8 to 12.

    >>> run('train model="mean:0.1", epoch=2', OT=[1.0, 2.0])  # no row before the end
    {}

    Rows go in, and nothing comes out before the end:

    >>> run('train model="mean:0.1"', OT=[30.0, 31.0, 32.0, 28.0])
    {}
    """
