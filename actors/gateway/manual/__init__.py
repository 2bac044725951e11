"""The documentation as pages that the daemon serves."""
