"""People, what proves who they are, and who changed what: ``db/users.db``."""
