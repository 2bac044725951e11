"""What is remembered and decided: ends and restarts, health, quarantine, dead letters. Nothing here ever waits."""
