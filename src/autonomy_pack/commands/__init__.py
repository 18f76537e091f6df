"""Parse, call one flow, print."""
