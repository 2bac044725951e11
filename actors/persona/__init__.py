"""Who the agent is: its name and rules, the character its owner wrote, and what time it is."""
