"""Checking in at the venue, and what an organizer should look at: codes, tickets, questions, flags."""
