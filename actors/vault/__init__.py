"""Keeps secrets: sealed on the disk, handed out by name, and every look at one written down."""
