"""What is said: messages, how they travel, what can go wrong with them. All of it is data and knows no actor."""
