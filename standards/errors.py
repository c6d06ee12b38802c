"""What can be refused about a standard, each as a sentence its reader understands."""


class StandardsError(Exception):
    """A refusal that reads as a sentence to the person who met it."""


class UnreadableFile(StandardsError):
    """A file that cannot be read as what it claims to be; nothing was saved."""
