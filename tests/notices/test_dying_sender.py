"""A sender that is killed between sending and writing it down: nobody is missed, and who gets it twice can
tell by the id."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from consult.core.store import Store
from consult.notices.models import Delivery
from tests.notices.post import Post
from tests.support.mail import mail_server

ROOT = Path(__file__).resolve().parents[2]
MAILS = 12


def run(*arguments: object) -> int:
    command = [sys.executable, "-m", "tests.notices.dying_sender", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, timeout=60).returncode


def test_a_kill_between_sending_and_recording_misses_nobody(store: Store, database_url: str) -> None:
    post = Post(store)
    deliveries = [post.tell(post.people.wang, version=version) for version in range(MAILS)]
    expected = {f"<{post.delivery(one).message_id}@consult.example>" for one in deliveries}
    with mail_server() as box:
        for after in (1, 5):
            assert run(database_url, box.url, after) == -signal.SIGKILL
            held = [one for one in deliveries if post.delivery(one).held_by]
            assert held  # nobody else may send them yet
            assert run(database_url, box.url, 0) == 0
            assert [one for one in deliveries if post.delivery(one).held_by] == held
            for one in held:
                post.change(Delivery, one, held_until=post.delivery(one).due_at)  # its time is over
        assert run(database_url, box.url, 0) == 0
    counts = Counter(box.ids)
    assert set(counts) == expected
    assert sum(counts.values()) > MAILS  # what was in flight at a kill came again
    assert max(counts.values()) <= 3
    assert post.states() == ["sent"] * MAILS
    bodies = {(mail["Message-ID"], str(mail.get_body(("plain",)))) for _to, mail in box.received}
    assert len(bodies) == MAILS  # word for word the same, the link too
