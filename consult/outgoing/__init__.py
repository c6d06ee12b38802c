"""Outgoing: what leaves, in which order, at which pace, within which limits, and what became of it."""
