"""Word files: reading them as clauses, and seeing their tracked changes and comments."""

from standards.exchange.docx.importing import read
from standards.exchange.docx.inspecting import inspect

__all__ = ["inspect", "read"]
