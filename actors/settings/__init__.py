"""What the agent runs with: files of settings, read with every mistake at once, and changed while it runs."""
