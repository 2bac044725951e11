"""A hosting backend of our own: runs instances of Starpod on this machine for whoever has its key."""
