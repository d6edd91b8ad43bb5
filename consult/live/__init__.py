"""The live room: sockets, fan-out, presence and the HTTP fallback."""

from consult.live.service import Live, prepare

__all__ = ["Live", "prepare"]
