"""The component `lstm`."""

from dataclasses import dataclass

from amml_progress._shared.predictor import Predictor


@dataclass(frozen=True)
class Lstm(Predictor):
    """Put beside each row what a trained model forecast for it: the paper's name for `predict`.

    Parameters:
        model: the model's name and version, "ett:0.1"; its newest completed run answers.
        name: the new column; `<label>_pred` unless given.
    Adds: the forecast for this row, float64, made from the `window` rows of its key that end
        `horizon` rows before it; on the label's scale, whose scaler it carries. Null while
        a key has too few rows, and where a value in the window is null.
    Errors: an input that is missing, or scaled otherwise than in the training.
    Source: Sohn and Kim (2022), Figs. 13 and 14.

    >>> run('lstm model="mean:0.1"', OT=[1.0, 2.0, 3.0, 4.0, None])
    {'OT': [1.0, 2.0, 3.0, 4.0, None], 'OT_pred': [None, None, None, 2.0, 3.0]}

    >>> run('lstm model="mean:0.1"', OT=[30.0, 31.0, 32.0, 28.0])
    {'OT': [30.0, 31.0, 32.0, 28.0], 'OT_pred': [None, None, None, 31.0]}
    """
