"""Names that chat completions read and write alike: what comes with an answer and goes back with it. Pure."""

from typing import Final

REASONING_NAMES: Final = ("reasoning_content", "reasoning", "reasoning_text")
"""Fields of a message that hold reasoning, whichever a provider has chosen; it wants it back under the same one."""
REASONING: Final = "field"
"""Under which of these names reasoning came, in what is kept with it."""
REASONING_DETAILS: Final = "reasoning_details"
"""OpenRouter's list of reasoning with its signatures."""
EXTRA: Final = "extra_content"
"""What Gemini's endpoint attaches to a call, its signature."""
