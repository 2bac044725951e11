"""What providers report when something is wrong, in any shape, as one of our failures."""
