"""The detection benchmark: invented rights, families of evasion, hard honest listings."""
