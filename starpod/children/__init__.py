"""How the actors of the tree are made, where that takes more than their class."""
