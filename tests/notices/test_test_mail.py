"""`consult test-mail`: says in words whether mail works."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from consult.cli import cli
from consult.config import BadSetting
from tests.notices.post import FROM
from tests.support.mail import mail_server
from tests.support.net import free_port


def run(monkeypatch: pytest.MonkeyPatch, port: int, address: str = "wang@example.com") -> Result:
    monkeypatch.setenv("SMTP_URL", f"smtp://127.0.0.1:{port}?tls=none")
    monkeypatch.setenv("MAIL_FROM", FROM)
    return CliRunner().invoke(cli, ["test-mail", address])


def test_a_mail_that_works_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server() as box:
        result = run(monkeypatch, box.port)
    assert result.exit_code == 0, result.output
    assert "took the mail" in result.output
    assert len(box.to("wang@example.com")) == 1


def test_a_mail_that_does_not_work_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server() as box:
        box.refuse = lambda _address: "550 no such user"
        refused = run(monkeypatch, box.port)
        nonsense = run(monkeypatch, box.port, "nobody")
    away = run(monkeypatch, free_port())
    for result, said in (
        (refused, "The address does not exist"), (refused, "550 no such user"),
        (nonsense, "The address does not exist"), (away, "could not be reached"),
    ):  # fmt: skip
        assert result.exit_code == 1
        assert said in result.output


def test_without_a_mail_server_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SMTP_URL", raising=False)
    result = CliRunner().invoke(cli, ["test-mail", "wang@example.com"])
    assert isinstance(result.exception, BadSetting)
    assert "SMTP_URL" in str(result.exception)
