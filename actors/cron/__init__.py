"""Scheduled work: jobs, a ledger with one row for each planned instant, and the agent's heartbeat."""
