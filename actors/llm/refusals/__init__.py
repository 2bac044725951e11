"""Asking once more without what a provider refused, and remembering it."""
