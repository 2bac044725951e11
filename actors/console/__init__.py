"""What the operator sees of the running daemon and does to it, and what the page shows of the mesh."""
