"""Skills: instructions with files, in the AgentSkills format, that the agent reads when a task calls for them."""
