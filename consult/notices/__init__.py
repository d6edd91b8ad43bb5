"""Telling people: the outbox of notices, what is told to whom and when, and the channels that carry it."""
