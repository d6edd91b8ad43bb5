"""A sender that is killed (really: SIGKILL) right after it has sent a mail, before it writes that down.

`python -m tests.notices.dying_sender DATABASE_URL SMTP_URL AFTER`: after its AFTERth mail; 0 lets it live.
"""

from __future__ import annotations

import os
import signal
import sys

from consult.core.store import open_store
from consult.notices import sender
from consult.notices.carrying import Letter
from consult.notices.email import MailCarrier
from tests.notices.post import FROM, settings


def main(database_url: str, smtp_url: str, after: int) -> None:
    store = open_store(database_url)
    config = settings(SMTP_URL=smtp_url, MAIL_FROM=FROM)

    class Dying(MailCarrier):
        carried = 0

        def carry(self, letter: Letter) -> None:
            super().carry(letter)
            Dying.carried += 1
            if Dying.carried == after:
                os.kill(os.getpid(), signal.SIGKILL)

    carrier = Dying(config)
    name = f"sender-{os.getpid()}"
    sender.send(store, config, name, lambda: False, "email", lambda _parcel: carrier)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
