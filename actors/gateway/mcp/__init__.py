"""The agent as a server of the Model Context Protocol, for other programs: conversations, memory."""
