"""Keeps a conversation within what a model takes, and what comes back from tools within reason."""
