"""How a person is reached who has not asked: by which channels, and when not."""
