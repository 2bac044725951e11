"""Conversations and their ledger: ``db/session.db``."""
