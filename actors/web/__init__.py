"""The web: reads pages and searches, for a model, and never what lies on this machine or in its network."""
