"""File tools inside the agent's home."""
