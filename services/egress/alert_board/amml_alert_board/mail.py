"""Notices by e-mail."""

import hashlib
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from amml_alert_board.sending import NotSent, document, title
from amml_alert_board.telling import Notice

_WAIT = 10


@dataclass(frozen=True)
class Mail:
    """People who get notices by e-mail.

    Parameters:
        smtp: the server, as `smtp://user@host:587`, or `smtps://` for TLS from the first byte.
            With a user, `smtp://` goes over to TLS before the password is sent, or sends nothing.
        sender, to: the addresses.
        password: of the user.
        severities: the notices they are given; all, if none is named.
    """

    smtp: str
    sender: str
    to: tuple[str, ...]
    password: str = field(default="", repr=False)
    severities: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Who they are."""
        return f"mail to {', '.join(self.to)}"

    def send(self, notice: Notice) -> None:
        """Hand it to the server; its id is the same whenever it is sent again. Errors: NotSent."""
        try:
            with self._server() as server:
                server.send_message(self._message(notice))
        except smtplib.SMTPResponseException as error:
            final = error.smtp_code >= 500
            raise NotSent(f"the server answers {error.smtp_code}", final) from error
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(type(error).__name__) from error

    def _server(self) -> smtplib.SMTP:
        address = urlsplit(self.smtp)
        host, context = address.hostname or "localhost", ssl.create_default_context()
        if address.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, address.port or 465, timeout=_WAIT, context=context
            )
        else:
            server = smtplib.SMTP(host, address.port or 25, timeout=_WAIT)
        if address.username:
            if address.scheme == "smtp":
                server.starttls(context=context)
            server.login(unquote(address.username), self.password)
        return server

    def _message(self, notice: Notice) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = " ".join(title(notice).split())
        message["From"], message["To"] = self.sender, ", ".join(self.to)
        message["Date"] = formatdate()
        digest = hashlib.sha256(notice.name.encode()).hexdigest()[:32]
        message["Message-ID"] = f"<{digest}@alert-board.invalid>"
        facts = (f"{name}: {value}" for name, value in document(notice).items() if value != "")
        message.set_content("\n".join(facts) + "\n")
        return message
