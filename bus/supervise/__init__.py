"""Who starts actors, and starts them again: supervisors, pools, the tree of both."""
