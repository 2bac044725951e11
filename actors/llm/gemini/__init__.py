"""The native interface of Gemini."""
