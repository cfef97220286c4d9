"""`train_lstm` is the paper's name for `train`."""

from amml_progress.train import Train
from amml_progress.train_lstm import TrainLstm
from amml_runtime.declaration import signature_of


def test_train_lstm_takes_and_does_what_train_does() -> None:
    train_lstm, train = signature_of(TrainLstm), signature_of(Train)
    assert (train_lstm.name, train_lstm.parameters) == ("train_lstm", train.parameters)
    assert TrainLstm.train is Train.train
