"""SCRAM against the example that its standard prints, and against brokers that are not sound."""

import pytest

from amml_runtime.sasl import Scram, conversation

# RFC 7677, section 3
NONCE = "rOprNGfwEbeRWgbNEkqO"
FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
PROOF = (
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
)
FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def exchange() -> Scram:
    return Scram("sha256", "user", "pencil", NONCE)


def test_the_standards_example() -> None:
    scram = exchange()
    assert scram.first() == b"n,,n=user,r=" + NONCE.encode()
    assert scram.last(FIRST) == PROOF
    scram.check(FINAL)


def test_a_broker_that_does_not_know_the_password_is_refused() -> None:
    scram = exchange()
    scram.last(FIRST)
    for answer in (b"v=AAAA", b"e=other-error", b"v="):
        with pytest.raises(ValueError, match="does not know the password"):
            scram.check(answer)


@pytest.mark.parametrize(
    "answer",
    [
        FIRST.replace(b"rOpr", b"xOpr"),  # another's nonce
        FIRST.replace(b"i=4096", b"i=1"),  # a proof that is soon guessed
        FIRST.replace(b"i=4096", b"i=99999999999"),  # a proof that never ends
    ],
)
def test_an_unsound_broker_gets_no_proof(answer: bytes) -> None:
    with pytest.raises(ValueError, match="not sound"):
        exchange().last(answer)


def test_a_name_with_commas_stays_one_field() -> None:
    assert Scram("sha256", "a=b,c", "p", "n").first() == b"n,,n=a=3Db=2Cc,r=n"


def test_plain_says_all_at_once() -> None:
    assert list(conversation("PLAIN", "ada", "secret")) == [b"\0ada\0secret"]
