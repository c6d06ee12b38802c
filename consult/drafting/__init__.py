"""The drafting desk: what stands between the screens of an editor and the acts on a text.

Forms become clause contents, kept texts wait for their writer, uploads wait for
a yes, and doubtful lineage waits for a person. Nothing here draws a page.
"""
