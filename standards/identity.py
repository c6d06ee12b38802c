"""New identities: UUIDv7, so that rows sort by when they were made."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7. It tells when it was made: public addresses use random tokens instead."""
    return UUID(int=uuid7().int)
