"""The conversation at a terminal, ``starpod repl``."""
