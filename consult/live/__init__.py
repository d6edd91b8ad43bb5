"""The live room: sockets, fan-out, presence and the HTTP fallback."""
