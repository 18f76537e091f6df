"""Separate processes: planner, script, box."""
