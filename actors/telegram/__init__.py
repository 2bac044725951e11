"""Telegram: people write to the agent from there, and are written to."""
