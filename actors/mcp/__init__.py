"""Servers of the Model Context Protocol: programs of others whose tools the model may use beside ours."""
