"""The bottom of the house: egress check, caps, killable parsing, atomic writes, a small HTTP client. Imports nothing."""
