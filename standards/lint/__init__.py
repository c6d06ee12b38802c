"""What a careful reader would stumble over in a draft; nothing here is refused, only told.

Each rule looks at one numbered document and names the clause it is about. A rule
that is not sure says nothing: one false remark costs more trust than ten missed.
"""

from standards.document import Document
from standards.lint import auditability, references, structure, terms, wording
from standards.lint.remarks import Remark

__all__ = ["Remark", "lint"]

_RULES = (*structure.RULES, *wording.RULES, *terms.RULES, *references.RULES, *auditability.RULES)


def lint(document: Document) -> list[Remark]:
    """All remarks on a numbered document, in reading order within each rule."""
    return [remark for rule in _RULES for remark in rule(document)]
