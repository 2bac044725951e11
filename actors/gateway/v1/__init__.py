"""The interface that programs for OpenAI's models speak: conversations with the agent as if it were a model."""
