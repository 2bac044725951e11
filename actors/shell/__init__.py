"""Shell commands: in a sandbox where there is one, with limits everywhere, none of which outlives the agent."""
