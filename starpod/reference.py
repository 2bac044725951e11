"""What the program says of itself: its messages, as its supervision tree has them."""

from typing import Any

from bus.console import describe_all, of_tree
from starpod.config import load
from starpod.daemon import parts_of
from starpod.tree import tree
from starpod.workspace import Instance


def messages(instance: Instance) -> list[dict[str, Any]]:
    """Every message class, by wire name; nothing is started. Raises ConfigError."""
    parts = parts_of(load(instance, {}), on_bound=lambda _: None, on_first_key=lambda _: None)
    return describe_all(of_tree(tree(parts)))
