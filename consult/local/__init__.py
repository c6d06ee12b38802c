"""Local texts: what their working groups do on screen, clause by clause, and how they are told and decide."""
