"""What the agent remembers: files that people can read, and an index that finds what is in them."""
