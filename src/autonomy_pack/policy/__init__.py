"""Decisions on values; pure."""
