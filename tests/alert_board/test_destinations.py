"""Who is told: the file that says so, and giving notices to real servers."""

import asyncio
import os
from email import message_from_string
from pathlib import Path
from typing import Any

import pytest

from amml_alert_board.destinations import DestinationsFile, Told, WrongFile, parse
from amml_alert_board.mail import Mail
from amml_alert_board.sending import Destination, Sender
from amml_alert_board.telling import Notice
from amml_alert_board.webhook import Webhook

ALERT = {
    **{"workflow": "hot", "step": "alert", "key": "hall", "id": "a1", "state": "firing"},
    **{"severity": "critical", "time": "2026-01-01T00:00:00Z", "value": 1.5},
    "message": "too hot\nBcc: everybody@example.org",
}
NOTICE = Notice(ALERT, 2)
Server = Any


def sent(sender: Sender, *destinations: Destination, notice: Notice = NOTICE) -> None:
    asyncio.run(sender.send(destinations, notice))


def test_a_webhook_gets_the_alert_and_the_key_by_which_it_knows_a_repeat(hook: Server) -> None:
    sent(Sender(), Webhook(hook.url))
    [taken] = hook.taken
    assert taken["idempotency"] == "a1/firing" and taken["more"] == 2
    assert (taken["id"], taken["severity"], taken["value"]) == ("a1", "critical", 1.5)
    assert taken["title"].startswith("[critical] hot.alert, hall: too hot")


def test_a_mail_has_one_subject_line_whatever_the_message_holds(post: Server) -> None:
    sent(Sender(), Mail(post.url, "amml@example.org", ("a@example.org", "b@example.org")))
    mail = message_from_string(post.taken[0])
    assert mail["Bcc"] is None and mail["To"] == "a@example.org, b@example.org"
    assert "too hot Bcc: everybody@example.org (and 2 more)" in " ".join(mail["Subject"].split())
    assert "value: 1.5" in mail.get_payload()


def test_what_was_not_taken_is_tried_again_a_few_times(hook: Server, post: Server) -> None:
    hook.refuse, post.refuse = [503, 429], [451]
    mail = Mail(post.url, "amml@example.org", ("a@example.org",))
    sender = Sender(pauses=(0.01, 0.01))
    sent(sender, Webhook(hook.url), mail)
    assert (hook.asked, len(hook.taken), len(post.taken)) == (3, 1, 1)
    assert sender.failures == {}


def test_what_will_never_be_taken_is_not_tried_again(hook: Server, post: Server) -> None:
    hook.refuse, post.refuse = [404], [550]
    mail = Mail(post.url, "amml@example.org", ("a@example.org",))
    sender = Sender(pauses=(60.0,))
    sent(sender, Webhook(hook.url), mail)
    assert (hook.asked, hook.taken, post.taken) == (1, [], [])
    [why, other] = sender.failures.values()
    assert "it answers 404" in why and "550" in other and "hush" not in why


def test_one_that_is_away_is_tried_once_with_each_notice_until_it_is_back(hook: Server) -> None:
    hook.refuse = [500] * 4
    sender = Sender(pauses=(0.01, 0.01))
    for _ in range(3):
        sent(sender, Webhook(hook.url))
    assert (hook.asked, len(hook.taken)) == (5, 1), "three tries, then one, then one that is taken"


def test_nobody_is_told_of_severities_that_they_did_not_ask_for(hook: Server) -> None:
    sent(Sender(), Webhook(hook.url, severities=frozenset({"info"})))
    assert hook.asked == 0


def test_a_redirection_is_not_followed(hook: Server) -> None:
    hook.refuse = [302]
    sender = Sender(pauses=())
    sent(sender, Webhook(hook.url))
    assert hook.asked == 1 and sender.failures


def test_the_file_is_read_with_its_secrets(tmp_path: Path) -> None:
    (tmp_path / "pager").write_text("https://h.example.org/hush\n", encoding="utf-8")
    text = """
        period: 1h30m
        destinations:
          - {webhook: "${secret:pager}", severities: critical}
          - mail: ops@example.org
            from: a@example.org
            smtp: "smtps://u@m.example.org"
            severities: [warn, crit]
    """
    found = parse(text, tmp_path)
    assert found.period == 5400
    assert found.destinations == (
        Webhook("https://h.example.org/hush", severities=frozenset({"critical"})),
        Mail(
            "smtps://u@m.example.org",
            "a@example.org",
            ("ops@example.org",),
            severities=frozenset({"warning", "critical"}),
        ),
    )
    assert "hush" not in repr(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "it is no YAML"),
        ("[1]", "the file: expected names and values"),
        ("period: 2001-99-99", "no YAML that can be used"),
        ("[" * 2000, "no YAML that can be used"),
        ("destinations: [{webhook: 'http://h', severities: 5}]", "'5' is none of info, warning"),
        ("destinations: [{webhook: 'http://h', severities: [critcal]}]", "'critcal' is none of"),
        ("perod: 1h", "no `perod`; there are destinations, period"),
        ("period: soon", "expected a duration"),
        ("destinations: x", "expected a list"),
        ("destinations: [{sms: 1}]", "destination 1: expected `webhook` or `mail`"),
        ("destinations: [{webhook: 'file:///etc/passwd'}]", "`webhook` is no address"),
        ("destinations: [{webhook: 'http://h:x/'}]", "`webhook` is no address"),
        ("destinations: [{webhook: '${secret:none}'}]", "there is no secret `none`"),
        ("destinations: [{webhook: '${secret:../x}'}]", "the name of a secret matches"),
        ("destinations: [{mail: a@b, from: a@b, smtp: 'smtp://u:hush@h'}]", "holds a password"),
        ("destinations: [{mail: 'a@b, c@d', from: a@b, smtp: 'smtp://h'}]", "no mail address"),
        ("destinations: [{mail: a@b, from: a@b}]", "`smtp` is no address"),
    ],
)
def test_a_wrong_file_is_told_with_its_place_and_without_secrets(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(WrongFile, match=said) as error:
        parse(text, tmp_path)
    assert "hush" not in str(error.value)


def test_the_last_file_that_could_be_used_counts(tmp_path: Path) -> None:
    path = tmp_path / "alerts.yaml"
    file = DestinationsFile(path, None)
    assert file.now() == Told()
    for number, (text, period, problem) in enumerate(
        [("period: 5m", 300, False), ("period: x", 300, True), ("period: 1m", 60, False)]
    ):
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=(number, number))
        assert (file.now().period, bool(file.problem)) == (period, problem)
    path.unlink()
    assert file.now() == Told()


def test_a_secret_that_is_set_later_or_anew_counts_at_once(tmp_path: Path) -> None:
    (tmp_path / "alerts.yaml").write_text("destinations: [{webhook: '${secret:pager}'}]", "utf-8")
    file = DestinationsFile(tmp_path / "alerts.yaml", tmp_path)
    assert file.now() == Told() and "amml secret set pager" in file.problem
    for number, address in enumerate(("https://a.example.org/x", "https://b.example.org/x")):
        (tmp_path / "pager").write_text(address, "utf-8")
        os.utime(tmp_path / "pager", ns=(number + 1, number + 1))
        assert file.now().destinations == (Webhook(address),)
        assert file.problem == ""


def test_an_alert_of_any_id_is_told_by_a_key_that_is_the_same_again(hook: Server) -> None:
    for _ in range(2):
        sent(Sender(), Webhook(hook.url), notice=Notice(ALERT | {"id": "방\n1"}))
    first, second = (each["idempotency"] for each in hook.taken)
    assert first == second and first.isalnum()
