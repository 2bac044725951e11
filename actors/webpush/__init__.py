"""Notifications by web push: browsers that want them, and the sender that has them shown."""
