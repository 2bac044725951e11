"""Which models there are, what each can do and costs, and where they are found."""
