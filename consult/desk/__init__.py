"""The desk: what the committee's screens show, prepared with a number of statements that never grows.

Each module prepares one family of screens: the queue, the clauses of a round,
and the path of one comment. Nothing here decides or changes anything but
`deciding`, which gives one decision to several comments.
"""
