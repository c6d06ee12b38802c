"""No personal data reaches a log."""

import io
import json

import pytest
import structlog

from consult import logs


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("texted from +255 712 345 678 today", "texted from [withheld] today"),
        ("0712-345-678", "[withheld]"),
        ("asha@example.org wrote", "[withheld] wrote"),
        ("GET /x?from=%2B255712345678&y=1", "GET /x?from=[withheld]&y=1"),
        ("tel:+255712345678, id-255712345678", "tel:[withheld], id-[withheld]"),
        ("b'\\x01' 323535373132333435363738", "b'\\x01' [withheld]"),
        ("SM0123456789abcdef0123456789abcdef sent", "SM0123456789abcdef0123456789abcdef sent"),
        ("at 2026-03-02T09:00:00.123456 by b9a79241b63c", "at 2026-03-02T09:00:00.123456 by b9a79241b63c"),
        ("served 127.0.0.1:8750 in 12 ms", "served 127.0.0.1:8750 in 12 ms"),
        ("job done in 1234 ms", "job done in 1234 ms"),
        ("on 2026-03-02", "on 2026-03-02"),
        ("019a8f2e-7c1a-7b3c-9d4e-123456789012", "019a8f2e-7c1a-7b3c-9d4e-123456789012"),
    ],
)
def test_numbers_and_addresses_are_blotted_out(written: str, kept: str) -> None:
    assert logs.scrubbed(written) == kept


def test_a_failure_is_logged_by_kind_and_place_without_its_words() -> None:
    stream = io.StringIO()
    logs.set_up(stream=stream)

    try:
        raise ValueError("what Asha said")
    except ValueError as error:
        structlog.get_logger().error("failed", exc_info=error, body="what Asha said")

    line = json.loads(stream.getvalue())
    assert line["failure"] == "ValueError"
    assert "Asha" not in stream.getvalue()
    assert "test_logs.py" in line["trace"][-1]
