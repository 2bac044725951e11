"""Hooks: what the owner has happen at the points of a conversation's life, and who may step in there."""
