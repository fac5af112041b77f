"""Detection: listings against rights, pure and replayable; nothing here reads a database or the network."""
