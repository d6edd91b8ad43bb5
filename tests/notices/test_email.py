"""How a mail is put together and carried: what readers and calendars get, what can't be smuggled in."""

from __future__ import annotations

import email
import email.policy
import ssl
import subprocess
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.config import BadSetting, load
from consult.core import clock
from consult.core.i18n import in_language
from consult.notices.carrying import Away, Calendar, Later, Letter, Reason, Refused
from consult.notices.email import MailCarrier, compose
from tests.notices.post import FROM, mailing, settings
from tests.support.mail import Mailbox, mail_server
from tests.support.net import free_port

ICS = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
CONFIG = settings(SMTP_URL="smtp://127.0.0.1:1?tls=none", MAIL_FROM=FROM)


def letter(**given: object) -> Letter:
    fields: dict[str, object] = {
        "id": "abc.1.email",
        "to": "wang@example.com",
        "subject": "会议邀请：推进城乡供水一体化",
        "lines": ("清河县政协邀请您参加“推进城乡供水一体化”。", "时间：3月10日 9:00–10:00"),
        "link": "https://consult.example/s/ABCDE-FGHJK",
    }
    return Letter(**{**fields, **given})  # type: ignore[arg-type]


def read(one: Letter) -> EmailMessage:
    """The letter as a mail reader gets it: through its bytes."""
    with in_language(one.language):
        raw = compose(one, CONFIG, clock.now()).as_bytes()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    raw.decode("ascii")  # nothing that an old server could spoil
    message = email.message_from_bytes(raw, policy=email.policy.SMTP)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_a_mail_says_it_in_text_and_in_html() -> None:
    mail = read(letter())
    assert mail["Subject"] == "会议邀请：推进城乡供水一体化"
    assert mail["From"].addresses[0].display_name == "清河县政协办公室"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == "<abc.1.email@consult.example>"
    for kind in ("plain", "html"):
        assert "时间：3月10日 9:00–10:00" in part(mail, kind)
        assert "https://consult.example/s/ABCDE-FGHJK" in part(mail, kind)
    assert "<img" not in part(mail, "html")
    assert "style" not in part(mail, "html")


def test_the_language_is_the_readers() -> None:
    assert "Open it here" in part(read(letter(language="en")), "plain")
    assert "Open it here" not in part(read(letter(language="zh_CN")), "plain")


def test_what_people_wrote_is_no_markup() -> None:
    html = part(read(letter(lines=("<script>alert(1)</script>",), subject="<b>“x”</b>")), "html")
    assert "<script>" not in html
    assert "&lt;b&gt;" in html


def test_no_more_of_these_is_one_click() -> None:
    mail = read(letter(unsubscribe="https://consult.example/unsubscribe/abc"))
    assert mail["List-Unsubscribe"] == "<https://consult.example/unsubscribe/abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "https://consult.example/unsubscribe/abc" in part(mail, "plain")
    assert read(letter())["List-Unsubscribe"] is None


def test_a_calendar_part_moves_the_meeting_in_the_readers_calendar() -> None:
    mail = read(letter(calendar=Calendar(ICS, "REQUEST")))
    calendars = [one for one in mail.walk() if one.get_content_type() == "text/calendar"]
    assert [one.get_param("method") for one in calendars] == ["REQUEST", "REQUEST"]
    assert [one.get_filename() for one in calendars] == [None, "meeting.ics"]
    assert {bytes(one.get_payload(decode=True)) for one in calendars} == {ICS}
    alternative = next(one for one in mail.walk() if one.get_content_type() == "multipart/alternative")
    kinds = [one.get_content_type() for one in alternative.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]


NASTY = st.text(max_size=200).map(lambda text: text.encode(errors="replace").decode())


@given(NASTY, NASTY)
def test_no_header_is_smuggled_in(subject: str, line: str) -> None:
    mail = read(letter(subject=f"{subject}\r\nBcc: evil@example.com\r\n\r\n{subject}", lines=(line,)))
    assert mail["Bcc"] is None
    assert set(mail.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress",
        "MIME-Version", "Content-Type",
    }  # fmt: skip


@pytest.mark.parametrize("length", range(1, 120, 7))
def test_a_long_chinese_subject_arrives_whole(length: int) -> None:
    subject = ("关于推进城乡供水一体化（一期）with English words 的远程协商会议" * 4)[:length].strip()
    assert read(letter(subject=subject))["Subject"] == subject


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b\r\nRCPT TO:<evil@x>", "a b@c", "<a@b>", "王@例子", "a@b>,<c@d", "a@" + "b" * 300],
)
def test_what_is_no_address_is_refused_at_once(address: str) -> None:
    with pytest.raises(Refused) as refused:
        MailCarrier(CONFIG).carry(letter(to=address))
    assert refused.value.reason is Reason.ADDRESS


def carry(config, one: Letter | None = None) -> None:  # type: ignore[no-untyped-def]
    carrier = MailCarrier(config)
    with in_language("zh_CN"):
        try:
            carrier.carry(one or letter())
        finally:
            carrier.close()


def test_user_and_password_are_given_and_a_wrong_one_is_named() -> None:
    with mail_server(login=("office", "p@ss:word")) as box:
        address = f"127.0.0.1:{box.port}?tls=none"
        carry(settings(SMTP_URL=f"smtp://office:p%40ss%3Aword@{address}", MAIL_FROM=FROM))
        assert len(box.received) == 1
        with pytest.raises(Away) as away:
            carry(settings(SMTP_URL=f"smtp://office:wrong@{address}", MAIL_FROM=FROM))
    assert away.value.reason is Reason.PASSWORD


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that vouches for itself, and a server's context with it."""
    file, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
         "-keyout", str(key), "-out", str(file)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    return file, context


def test_mail_goes_encrypted_to_who_can_prove_it_is_the_server(
    certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, context = certificate
    with mail_server(tls=context) as box:
        config = settings(SMTP_URL=f"smtp://127.0.0.1:{box.port}?tls=starttls", MAIL_FROM=FROM)
        with pytest.raises(Away) as away:
            carry(config)  # anybody could show such a certificate
        assert away.value.reason is Reason.ENCRYPTION
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        carry(config)
    assert len(box.received) == 1


def test_a_server_without_encryption_gets_no_mail_unless_it_may(box: Mailbox) -> None:
    with pytest.raises(Away) as away:
        carry(settings(SMTP_URL=f"smtp://127.0.0.1:{box.port}", MAIL_FROM=FROM))
    assert away.value.reason is Reason.ENCRYPTION
    assert box.received == []


@pytest.fixture
def box():  # type: ignore[no-untyped-def]
    with mail_server() as box:
        yield box


def test_a_connection_that_the_server_ended_meanwhile_is_no_failure(box: Mailbox) -> None:
    carrier = MailCarrier(mailing(box))
    with in_language("zh_CN"):
        carrier.carry(letter(id="1"))
        assert carrier._line is not None
        carrier._line.sock.shutdown(2)  # type: ignore[union-attr]
        carrier.carry(letter(id="2"))
    carrier.close()
    assert len(box.received) == 2


def test_a_slow_server_is_not_waited_for_long(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consult.notices.email.STEP", 0.3)
    box.delay = 2
    with pytest.raises(Later) as later:
        carry(mailing(box))
    assert later.value.reason is Reason.CUT_OFF


def test_nobody_there_is_away() -> None:
    with pytest.raises(Away) as away:
        carry(settings(SMTP_URL=f"smtp://127.0.0.1:{free_port()}?tls=none", MAIL_FROM=FROM))
    assert away.value.reason is Reason.UNREACHABLE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.example.com"),
        ("SMTP_URL", "smtp://host?tls=maybe"),
        ("SMTP_URL", "smtps://host?tls=none"),
        ("SMTP_URL", "smtp://host:port"),
        ("SMTP_URL", "smtp://host/path"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "a@b.c\nBcc: x@y.z"),
        ("SMS_URL", "gateway"),
        ("SMS_BODY", "{phone} {text}"),
        ("SMS_BODY", '{"to": "{phone}"}'),
        ("WEBHOOK_PRIVATE", "yes"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name) as refused:
        load({"MAIL_FROM": FROM, name: value})
    assert "password" not in str(refused.value)


def test_a_mail_server_without_a_sender_is_refused() -> None:
    with pytest.raises(BadSetting, match="MAIL_FROM"):
        load({"SMTP_URL": "smtp://mail.example.com"})
