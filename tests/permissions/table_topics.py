"""Who may what with calls, proposals, topics and the plan they are taken into."""

from __future__ import annotations

from datetime import timedelta

from consult.files.models import Purpose
from consult.plans import plan, reporting
from consult.topics import attachments, calls, decisions, proposals, topics
from consult.topics.decisions import Ticked
from consult.topics.models import Call, Topic
from tests.permissions.lines import MEMBERS, NOTHING, ORGANIZERS, READERS, let, line, piece, some
from tests.permissions.scene import NOW, Scene, matter, terms

ZONE = "Asia/Shanghai"
KEEPING = let(ORGANIZERS, known="reader")
OWN = let("member", known=f"{READERS} fellow")


def ticked(s: Scene) -> list[Ticked]:
    return [Ticked(s.proposed, 1)]


# A call to the members of the city

line(calls.seen_by, lambda s: (s.call,), let(f"{READERS} {MEMBERS}"))
line(calls.joined_by, lambda s: (s.call,), let(MEMBERS, known=READERS))
CALLING = let(ORGANIZERS, known="reader member fellow")
line(calls.managed_by, lambda s: (s.call,), CALLING)
line(calls.listed, lambda _s: (), let(READERS, others=NOTHING), finds=some)
line(calls.for_member, lambda _s: (), let(MEMBERS, others=NOTHING), finds=some)
line(calls.open_for, lambda _s: (), let(MEMBERS, others=NOTHING), finds=some)
line(calls.create, lambda s: (s.city, terms()), KEEPING)
line(calls.edit, lambda s: (s.call, 1, terms(text="请结合调研提出。")), CALLING)
line(calls.extend, lambda s: (s.call, 1, NOW + timedelta(days=20)), CALLING)
line(calls.close, lambda s: (s.call, 1), CALLING)

# What the member has proposed on it

line(proposals.propose, lambda s: (s.call, matter("己")), let(MEMBERS, known=READERS))
line(proposals.revise, lambda s: (s.proposed, 1, matter("庚")), OWN)
line(proposals.withdraw, lambda s: (s.proposed, 1), OWN)
line(proposals.second, lambda s: (s.proposed,), let("fellow", known=f"{READERS} member"))
line(proposals.unsecond, lambda s: (s.proposed,), let(MEMBERS, known=READERS))
line(proposals.seen_by, lambda s: (s.proposed,), let(MEMBERS))
line(proposals.seen_by, lambda s: (s.topic,), let(""))
line(proposals.read_by, lambda s: (s.proposed,), let(f"{READERS} {MEMBERS}"))
line(proposals.of_call, lambda s: (s.row(Call, "call"),), let(MEMBERS, others=NOTHING), finds=some)
line(proposals.own, lambda _s: (), let("member", others=NOTHING), finds=some)
line(proposals.one, lambda s: (s.proposed,), let(MEMBERS))
line(proposals.own_count, lambda s: (s.call,), let("member", others=NOTHING), finds=some)
piece(proposals.open_to, "a condition on rows, for the verbs that look them up")

# What the office decides; of this its members learn by reading, not by trying

line(decisions.shortlist, lambda s: (s.proposed, 1), KEEPING)
line(decisions.reject, lambda s: (s.proposed, 1, "已有安排"), KEEPING)
line(decisions.merge, lambda s: (s.proposed, 1, s.planned), KEEPING)
line(decisions.take_into_plan, lambda s: (s.proposed, 1, 2027), KEEPING)
line(decisions.drop_from_plan, lambda s: (s.planned, s.version(Topic, "planned")), KEEPING)
line(decisions.back, lambda s: (s.shortlisted, s.version(Topic, "shortlisted")), KEEPING)
line(decisions.shortlist_all, lambda s: (s.call, ticked(s)), CALLING)
line(decisions.plan_all, lambda s: (s.call, ticked(s)), CALLING)
line(decisions.leads, lambda s: (s.proposed,), let(READERS))

# The office's own topic

line(topics.listed, lambda _s: (), let(READERS, others=NOTHING),
     finds=lambda found, s: s.topic in [one.topic.id for one in found])  # fmt: skip
line(topics.seen_by, lambda s: (s.topic,), let(READERS))
line(topics.create, lambda s: (s.city, matter("辛")), KEEPING)
line(topics.edit, lambda s: (s.topic, 1, matter("壬")), KEEPING)
piece(topics.rewrite, "writes what a topic says for the verb that has claimed it")
line(attachments.seen_by, lambda s: (s.topic, Purpose.ATTACHMENT), let(READERS))
line(attachments.seen_by, lambda s: (s.proposed, Purpose.ATTACHMENT), let(f"{READERS} {MEMBERS}"))
line(attachments.managed_by, lambda s: (s.topic, Purpose.ATTACHMENT), KEEPING)

# The plan

line(plan.read, lambda s: (s.city, 2026, ZONE), let(f"{READERS} {MEMBERS}"))
line(plan.readable, lambda _s: (2026,), let(f"{READERS} {MEMBERS}", others=NOTHING),
     finds=lambda found, s: s.city in [unit.id for unit in found])  # fmt: skip
line(reporting.report, lambda s: (s.consulted, s.version(Topic, "consulted"), "报市委"), KEEPING)
line(reporting.unreport, lambda s: (s.consulted, s.version(Topic, "consulted")), KEEPING)
