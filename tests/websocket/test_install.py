"""Whether the driver fits is looked at before it is put in."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import pytest
import socketio

from consult.websocket import install


def server(**options: Any) -> socketio.Server:
    return socketio.Server(**{"async_mode": "gevent", "transports": ["websocket"], **options})


def test_driver_fits_the_locked_libraries(caplog: pytest.LogCaptureFixture) -> None:
    assert install(server())
    assert caplog.records == []


@pytest.mark.parametrize("package", ["python-engineio", "gevent", "websockets"])
def test_other_version_is_refused_loudly(
    package: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata, "version", lambda name: "99.0.1" if name == package else real(name)
    )
    sio = server()
    before = dict(vars(sio.eio))
    assert not install(sio)
    assert vars(sio.eio) == before
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert f"{package} is 99.0.1" in caplog.text


@pytest.mark.parametrize("options", [{"transports": ["polling", "websocket"]}, {"async_mode": "threading"}])
def test_other_surroundings_are_refused_loudly(
    options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    assert not install(server(**options))
    assert "does not fit" in caplog.text


def test_missing_part_is_refused_loudly(caplog: pytest.LogCaptureFixture) -> None:
    sio = server()
    del sio.eio.handlers
    assert not install(sio)
    assert "has no handlers" in caplog.text
