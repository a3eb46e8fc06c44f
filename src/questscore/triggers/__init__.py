"""Triggers: what follows from changes of level and of audiences."""
