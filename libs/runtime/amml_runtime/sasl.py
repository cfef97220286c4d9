"""SASL as Kafka's brokers speak it: what the client says, and what it expects (RFC 5802, 7677).

>>> say = Scram("sha256", "user", "pencil", nonce="rOprNGfwEbeRWgbNEkqO")
>>> say.first()
b'n,,n=user,r=rOprNGfwEbeRWgbNEkqO'
"""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Generator

Conversation = Generator[bytes, bytes, None]
_FEWEST, _MOST = 4096, 1_000_000  # rounds: fewer are weak, more would keep us busy


def conversation(mechanism: str, user: str, password: str) -> Conversation:
    """What to send, one after the other; each time the broker's answer is sent in.

    Raises `ValueError` when the broker says what it must not, or does not know the password itself.
    """
    if mechanism == "PLAIN":
        yield f"\0{user}\0{password}".encode()
        return
    scram = Scram(mechanism.removeprefix("SCRAM-").replace("-", "").lower(), user, password)
    answer = yield scram.first()
    answer = yield scram.last(answer)
    scram.check(answer)


class Scram:
    """One exchange by which both sides prove that they know a password, and none says it.

    Parameters:
        digest: the name of the hash, such as `sha512`.
        nonce: a fresh random word, unless a test gives one.
    """

    def __init__(self, digest: str, user: str, password: str, nonce: str = "") -> None:
        self._digest = digest
        self._password = password.encode()
        self._nonce = nonce or secrets.token_hex(16)
        escaped = user.replace("=", "=3D").replace(",", "=2C")
        self._bare = f"n={escaped},r={self._nonce}".encode()
        self._expected = b""

    def first(self) -> bytes:
        """Who we are."""
        return b"n,," + self._bare

    def last(self, answer: bytes) -> bytes:
        """The proof that we know the password, by the broker's salt and rounds."""
        said = _fields(answer)
        nonce, rounds = said["r"], int(said["i"])
        if not nonce.startswith(self._nonce) or not _FEWEST <= rounds <= _MOST:
            raise ValueError("the broker's side of SCRAM is not sound")
        salted = hashlib.pbkdf2_hmac(self._digest, self._password, b64decode(said["s"]), rounds)
        ending = b"c=biws,r=" + nonce.encode()
        whole = b",".join([self._bare, answer, ending])
        key = self._mac(salted, b"Client Key")
        mask = self._mac(hashlib.new(self._digest, key).digest(), whole)
        self._expected = self._mac(self._mac(salted, b"Server Key"), whole)
        proof = bytes(one ^ other for one, other in zip(key, mask, strict=True))
        return ending + b",p=" + b64encode(proof)

    def check(self, answer: bytes) -> None:
        """Whether the broker has proved it, too."""
        proved = b64decode(_fields(answer).get("v", ""))
        if not hmac.compare_digest(proved, self._expected):
            raise ValueError("the broker does not know the password itself")

    def _mac(self, key: bytes, message: bytes) -> bytes:
        return hmac.digest(key, message, self._digest)


def _fields(answer: bytes) -> dict[str, str]:
    """The fields of a message of SCRAM.

    >>> _fields(b"r=ab,i=4096")
    {'r': 'ab', 'i': '4096'}
    """
    found = dict[str, str]()
    for part in answer.decode().split(","):
        name, _, value = part.partition("=")
        found[name] = value
    return found
