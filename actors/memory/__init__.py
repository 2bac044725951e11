"""What the agent remembers: files that people read and change, what they have been, and an index of them."""
