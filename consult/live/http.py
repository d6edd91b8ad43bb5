"""The room over plain HTTP, for those whose network blocks sockets: the same verbs, the same ledger."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask_babel import gettext as _

from consult.attendance import ledger
from consult.attendance.intervals import Channel, Ended
from consult.checkins import prompts
from consult.core.errors import Invalid
from consult.core.web import store
from consult.discussion import actions
from consult.live import feed, wire
from consult.live.limits import comment_limiter
from consult.members.current import signed_in

pages = Blueprint("live_http", __name__)

MEETING = "/meetings/<int(max=2147483647):meeting_id>"
COMMENT = MEETING + "/comments/<int(max=2147483647):seq>"
BIGGEST = 2**31 - 1


@pages.get(MEETING + "/log")
def log(meeting_id: int) -> Response:
    """What `meeting:watch` answers: entries `after` a number, `before` one, or the newest. With `tab`, the
    name of a page in sight, whoever asks is counted as present."""
    me = signed_in()
    after, before = _number("after"), _number("before")
    if "tab" in request.args:
        with store().read() as work:
            fresh = ledger.fresh(work, me.actor.person_id, meeting_id, Channel.HTTP, me.sign_in_id)
        if not fresh:
            store().write(ledger.here, me.actor, meeting_id, Channel.HTTP, me.sign_in_id)
    with store().read() as work:
        return jsonify(feed.look(work, me.actor, meeting_id, after, before))


@pages.post(MEETING + "/comments")
def post(meeting_id: int) -> Response:
    """`comment:post`."""
    me = signed_in()
    said = wire.body(request.get_data(), wire.Post, meeting=meeting_id)
    comment_limiter(current_app).take(me.actor.person_id)
    posted = store().write(actions.post, me.actor, meeting_id, said.key, said.text, said.typed_at)
    return _done(seq=posted.seq, id=posted.id)


@pages.get(COMMENT)
def on_file(meeting_id: int, seq: int) -> Response:
    """A hidden comment's words and the reason, for its author and the office."""
    actor = signed_in().actor
    with store().read() as work:
        found = actions.on_file(work, actor, meeting_id, seq)
    return _done(text=found.text, reason=found.reason)


@pages.post(COMMENT + "/hide")
def hide(meeting_id: int, seq: int) -> Response:
    """`comment:hide`."""
    actor = signed_in().actor
    asked = wire.body(request.get_data(), wire.Hide, meeting=meeting_id, seq=seq)
    return _done(seq=store().write(actions.hide, actor, meeting_id, seq, asked.reason))


@pages.post(COMMENT + "/<any(show, pin, unpin):verb>")
def moderate(meeting_id: int, seq: int, verb: str) -> Response:
    """`comment:show`, `comment:pin`, `comment:unpin`."""
    actor = signed_in().actor
    verbs = {"show": actions.show, "pin": actions.pin, "unpin": actions.unpin}
    return _done(seq=store().write(verbs[verb], actor, meeting_id, seq))


@pages.post(MEETING + "/presence")
def presence(meeting_id: int) -> Response:
    """What a page without a socket says of itself: `hidden`, `left`, or that its `video` is open still."""
    me = signed_in()
    said = wire.body(request.get_data(), wire.Presence, meeting=meeting_id)
    person_id, sign_in_id = me.actor.person_id, me.sign_in_id
    if said.what == "video":
        counted = store().write(ledger.here, me.actor, meeting_id, Channel.VIDEO, sign_in_id)
        return _done(counted=counted is not None)
    ended = Ended.HIDDEN if said.what == "hidden" else Ended.LEFT
    store().write(ledger.gone, person_id, meeting_id, Channel.HTTP, sign_in_id, ended)
    return _done()


@pages.post(MEETING + "/prompts/<int:prompt_id>")
def answer(meeting_id: int, prompt_id: int) -> Response:
    """`presence:answer`."""
    store().write(prompts.answer, signed_in().actor, meeting_id, prompt_id)
    return _done()


def _done(**told: Any) -> Response:
    return jsonify(ok=True, **told)


def _number(name: str) -> int | None:
    """A number of the query string. Refuses: Invalid, naming it."""
    raw = request.args.get(name)
    if raw is None:
        return None
    if not (raw.isascii() and raw.isdigit()) or int(raw[:12]) > BIGGEST or len(raw) > 10:
        raise Invalid(_("This must be a number."), field=name)
    return int(raw)
