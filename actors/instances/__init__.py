"""Agents that run elsewhere: what a hosting backend is asked, and what its answers mean."""
