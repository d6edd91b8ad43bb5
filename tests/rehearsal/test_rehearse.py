"""`consult rehearse`, as an organizer gives it: a whole meeting agrees with its script."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ENDS_WITHIN = 9 * 60


@pytest.mark.slow
def test_report_of_a_whole_meeting_agrees_with_its_script(
    rehearsal: tuple[subprocess.Popen[bytes], Path],
) -> None:
    process, log = rehearsal
    code = process.wait(ENDS_WITHIN)
    text = log.read_text()
    assert code == 0, text
    assert "Report and script agree." in text
    assert "✗" not in text
