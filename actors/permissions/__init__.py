"""What the agent may do: rules for calls of tools, questions to people, what they have granted."""
