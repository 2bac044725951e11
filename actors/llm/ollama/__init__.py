"""The native interface of Ollama, and what is installed there."""
