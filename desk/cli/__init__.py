"""The command line: one small file a command group, imported only when its command runs."""
