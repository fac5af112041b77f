"""Reading pages: pure functions from bytes to listings. No network, no clock, no state; one rung of the ladder a file."""
