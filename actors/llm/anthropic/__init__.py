"""The messages interface of Anthropic."""
