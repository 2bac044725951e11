"""Sees to it that nothing uses more than it may."""
