"""What every provider's request is made from: a conversation that none can refuse for its shape."""
