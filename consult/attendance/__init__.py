"""Who was present, for how long, and how we count it."""

from consult.attendance import walk_ins
from consult.meetings import materials

materials.minutes_also_for(walk_ins.of_meeting)
