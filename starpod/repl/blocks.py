"""How much of a Markdown text that still grows will stay as it is: all blocks but its last. Pure."""

from typing import Final

from markdown_it import MarkdownIt

READER: Final = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
"""Tags are text: nobody who reads it in a terminal wants them left out."""


def settled(text: str) -> int:
    """Characters that no further text changes the meaning of.

    The last block may still grow (a paragraph, a list, a fence), so it is never among them.
    """
    # What opens and what closes a block are both tokens; only the first has lines.
    starts = [token.map[0] for token in READER.parse(text) if token.level == 0 and token.map is not None]
    if len(starts) < 2:
        return 0
    return sum(len(line) + 1 for line in text.split("\n")[: starts[-1]])
