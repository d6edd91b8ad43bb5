"""Consult: a self-hosted scheduler for remote consultation meetings (远程协商)."""
