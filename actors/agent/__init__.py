"""The loop: a conductor that accepts messages and one conversation actor per live session."""
