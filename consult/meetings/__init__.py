"""Consultation meetings: their schedule, their life and their numbered log."""
