"""Subagents: a turn hands a part of its work to another one, in a conversation of its own, and gets its answer."""
