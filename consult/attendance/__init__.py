"""Who was present, for how long, and how we count it."""
