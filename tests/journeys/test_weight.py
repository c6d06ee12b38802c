"""What a public page weighs on the wire: it is read on a dear and slow connection."""

import re
from urllib.request import Request, urlopen

import pytest

from tests.journeys import screens

MOST = 50_000
FILES = re.compile(r'(?:href|src)="(/static/[^"#?]+)')


@pytest.mark.parametrize("path", screens.PUBLIC)
def test_a_public_page_with_all_it_loads_is_at_most_fifty_kilobytes(site, path):
    page, weight = fetched(site.at(path))
    parts = {path: weight} | {file: fetched(site.address + file)[1] for file in set(FILES.findall(page))}

    assert len(parts) > 1
    assert sum(parts.values()) <= MOST, parts


def fetched(address):
    """The text at an address, and how many bytes it took to bring it here."""
    import brotli

    with urlopen(Request(address, headers={"Accept-Encoding": "br"})) as answer:
        body = answer.read()
        squeezed = answer.headers.get("Content-Encoding") == "br"
    return (brotli.decompress(body) if squeezed else body).decode(errors="replace"), len(body)
