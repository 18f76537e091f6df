"""Text from values and events; pure."""
