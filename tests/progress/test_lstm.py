"""`lstm` is the paper's name for `predict`."""

from amml_progress.lstm import Lstm
from amml_progress.predict import Predict
from amml_runtime.declaration import signature_of


def test_lstm_takes_and_does_what_predict_does() -> None:
    lstm, predict = signature_of(Lstm), signature_of(Predict)
    assert (lstm.name, lstm.parameters) == ("lstm", predict.parameters)
    assert Lstm.process is Predict.process
