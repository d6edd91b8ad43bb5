"""Comments in a meeting, and their moderation."""
