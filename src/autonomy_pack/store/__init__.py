"""Events, leases and heads behind one protocol, on SQLite or PostgreSQL."""
