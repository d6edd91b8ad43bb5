"""HTTP to addresses that offices type in: only where it may go, never led on, never waited for long."""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from consult.config import Settings
from consult.notices.carrying import STEP, Later, Reason, Refused

WHOLE = 10.0  # seconds for all of it, however slowly the other side speaks
MOST_READ = 64 << 10
_ADDRESS = re.compile("[!-~]+")  # what a request's first line can carry: no space, no line break
ENDS_IN_IPV4 = tuple(map(ipaddress.IPv6Network, ("::/96", "64:ff9b::/96", "64:ff9b:1::/48")))
"""Networks whose addresses end in the IPv4 address that they lead to."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Reply:
    """What the other side answered."""

    status: int
    body: bytes


@dataclass(frozen=True)
class Reach:
    """Where may be sent to. Without `private` only public addresses, whatever the name says; `here`
    (development) lets in this machine, and that without encryption."""

    hosts: tuple[str, ...] = ()
    private: bool = False
    here: bool = False

    def url_trouble(self, url: str) -> Reason | None:
        """What is wrong with the address itself, without asking who it is."""
        try:
            parts = urlsplit(url)
            _port = parts.port
        except ValueError:
            return Reason.ADDRESS
        host = parts.hostname or ""
        if not host or parts.username is not None or not _ADDRESS.fullmatch(url):
            return Reason.ADDRESS
        if parts.scheme != "https" and not (parts.scheme == "http" and self.here and host in HERE):
            return Reason.ENCRYPTION
        return Reason.FORBIDDEN if self.hosts and host not in self.hosts else None

    def allows(self, address: str) -> bool:
        """Whether this IP address may be connected to."""
        ip = _inner(ipaddress.ip_address(address.partition("%")[0]))
        if self.here and ip.is_loopback:
            return True
        usable = not (ip.is_multicast or ip.is_unspecified or ip.is_link_local or ip.is_loopback)
        return usable and (ip.is_global or self.private)


def _inner(ip: Address) -> Address:
    """The IPv4 address that an IPv6 one leads to, where it carries one: what counts is where it ends."""
    if isinstance(ip, ipaddress.IPv4Address) or ip.is_loopback or ip.is_unspecified:
        return ip
    if any(ip in network for network in ENDS_IN_IPV4):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def reach_of(settings: Settings) -> Reach:
    """Where the settings let webhooks go."""
    return Reach(settings.webhook_hosts, settings.webhook_private, here=not settings.production)


def post(url: str, body: bytes, headers: Mapping[str, str], reach: Reach) -> Reply:
    """Posts the body and returns the answer, which is never a redirect.

    Raises Refused (where it may not go, or is led on) and Later (not reached, broken off, or too slow).
    """
    if trouble := reach.url_trouble(url):
        raise Refused(trouble)
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    line = _line(parts.scheme, parts.hostname or "", parts.port, reach)
    ending = threading.Timer(WHOLE, _cut, (line.sock,))
    ending.daemon = True
    ending.start()
    try:
        line.request("POST", path, body, {"User-Agent": "Consult", "Connection": "close", **headers})
        answer = line.getresponse()
        reply = Reply(answer.status, answer.read(MOST_READ))
    except (OSError, http.client.HTTPException) as error:
        raise Later(Reason.CUT_OFF, type(error).__name__) from error
    finally:
        ending.cancel()
        line.close()
    if 300 <= reply.status < 400:
        raise Refused(Reason.MOVED, str(reply.status))
    return reply


def _line(scheme: str, host: str, port: int | None, reach: Reach) -> http.client.HTTPConnection:
    # The address that was looked at is the one connected to: a name may answer otherwise when asked again.
    connected = _connect(host, port or (443 if scheme == "https" else 80), reach)
    line = http.client.HTTPConnection(host, port, timeout=STEP)
    try:
        if scheme == "https":
            line = http.client.HTTPSConnection(host, port, timeout=STEP)
            connected = ssl.create_default_context().wrap_socket(connected, server_hostname=host)
    except (OSError, ValueError) as error:
        connected.close()
        raise Later(Reason.ENCRYPTION, type(error).__name__) from error
    line.sock = connected
    return line


def _connect(host: str, port: int, reach: Reach) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Later(Reason.UNREACHABLE, "no such name") from error
    allowed = [str(where[0]) for *_, where in found if reach.allows(str(where[0]))]
    if not allowed:
        raise Refused(Reason.FORBIDDEN)
    try:
        return socket.create_connection((allowed[0], port), timeout=STEP)
    except OSError as error:
        raise Later(Reason.UNREACHABLE, error.strerror or type(error).__name__) from error


def _cut(connected: socket.socket) -> None:
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
