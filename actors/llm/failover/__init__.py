"""Which model is asked next when one fails, and which endpoint rests."""
