"""The interfaces of OpenAI, and of all that resemble its chat completions."""
