"""A hosting backend of our own: runs instances of Starpod on this machine for whoever has its key."""

from typing import Final

IMAGE: Final = "starpod"
"""Of the container of an instance, as the documentation has people build it."""
