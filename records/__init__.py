"""What markwatch keeps: the shared words, the tables, and the repositories that the other packages ask for."""
