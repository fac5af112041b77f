"""Patrol: the daily round, the review, the worker; `app.py` alone reads settings and joins the parts."""
