"""The document core: what a standard is and what one can do with its text.

Everything here works on frozen values. Only `tables` and `store` know the
database, and nothing here knows a web request, a channel or a clock.
"""
