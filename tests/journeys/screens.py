"""Every screen there is, as the demonstration shows it: the list that the browser walks along.

`{clause}`, `{comment}`, `{alias}` and `{workshop}` stand for ids of the demonstration, see `conftest.py`.
A new screen gets a line here, and is then looked at for width, contrast, labels and errors.
"""

from typing import Final
from uuid import UUID

ANY: Final = UUID(int=7)
"""An id that stands for any."""

PUBLIC: Final = (
    "/",
    "/standards",
    "/standards/rag",
    "/standards/rag/2.0",
    "/standards/rag/2.0?chapter=4",
    "/standards/rag/2.0/print",
    "/standards/rag/2.0/clauses/4.1",
    "/standards/rag/1.1/clauses/4",
    "/standards/rag/compare/1.1/2.0",
    "/consultations",
    "/consultations/rag-2026",
    "/consultations/rag-2025",
    "/consultations/rag-2025/report",
    "/consultations/rag-2026/comment",
    "/consultations/rag-2026/comment?clause=4.1&quote=retort",
    "/consultations/rag-2025/comment?clause=4.1",
    "/receipts",
    "/about",
    "/sign-in",
    "/forgotten",
    "/telephone",
)
MISSING: Final = ("/no-such-page", "/standards/none", "/standards/rag/2.0/clauses/99.9")
DESK: Final = (
    "/desk",
    "/desk/rounds",
    "/desk/rounds/new",
    "/desk/rounds/rag-2026",
    "/desk/rounds/rag-2025",
    "/desk/rounds/rag-2026/queue",
    "/desk/rounds/rag-2026/moderation",
    "/desk/rounds/rag-2026/clauses",
    "/desk/rounds/rag-2026/clauses/4.1",
    "/desk/rounds/rag-2025/clauses/4.1",
    "/desk/rounds/rag-2025/clauses/whole",
    "/desk/rounds/rag-2025/report",
    "/desk/rounds/rag-2026/workshops",
    "/desk/rounds/rag-2026/workshops/new",
    "/desk/rounds/rag-2025/tables",
    "/desk/groups",
    "/desk/people",
    "/desk/audit",
    "/desk/comments",
    "/desk/comments/{comment}",
    "/desk/comments/behind/rag/2.0/4.1",
    "/desk/conversations",
    "/desk/conversations/{alias}",
    "/desk/outbox",
    "/desk/workshops",
    "/desk/workshops/{workshop}",
    "/desk/workshops/{workshop}/edit",
    "/desk/workshops/{workshop}/transcripts",
    "/desk/workshops/{workshop}/utterances",
    "/desk/standards/",
    "/desk/standards/new",
    "/desk/standards/rag/2.0/",
    "/desk/standards/rag/2.0/changes",
    "/desk/standards/rag/2.0/lineage",
    "/desk/standards/rag/2.0/new-draft",
    "/desk/standards/rag/2.0/publish",
    "/desk/standards/rag/2.1/",
    "/desk/standards/rag/2.1/new",
    "/desk/standards/rag/2.1/freeze",
    "/desk/standards/rag/2.1/changes",
    "/desk/standards/rag/2.1/withdrawn",
    "/desk/standards/rag/2.1/clauses/{clause}/",
    "/desk/standards/rag/2.1/clauses/{clause}/history",
    "/desk/standards/rag/2.1/clauses/{clause}/split",
    "/desk/standards/rag/2.1/clauses/{clause}/merge",
    "/desk/standards/rag/2.1/clauses/{clause}/move",
    "/desk/standards/rag/2.1/clauses/{clause}/withdraw",
    "/desk/import/",
)
