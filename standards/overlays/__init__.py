"""Overlays: local texts on a pinned base.

`file` and `guards` let operations in, `chain` and `resolve` give the text, `rebase`
follows the base, `store`, `drafting` and `versions` keep it all.
"""
