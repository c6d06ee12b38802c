"""The shell: the files that the field page needs in order to open without a network, and their worker.

The worker's first line names every file and a hash over all their contents. A release
that changes any of them is therefore another worker, and the browser fetches it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

STATIC = Path(__file__).parent.parent / "static"
WORKER = "field/worker.js"
_NOT_OURS = (WORKER, "field/sheets.css")
"""The worker keeps itself, and sheets are printed at the desk."""
_BESIDE = ("consult.css", "icon.svg", "symbols.svg")
_KINDS = (".js", ".css", ".svg", ".png", ".woff2")


def files() -> list[str]:
    """The static files that the page needs, by their names below the folder of static files."""
    own = sorted(f"field/{path.name}" for path in (STATIC / "field").iterdir() if path.suffix in _KINDS)
    beside = [name for name in _BESIDE if (STATIC / name).exists()]
    return [name for name in own if name not in _NOT_OURS] + beside


def worker(page: str, at: Callable[[str], str], rendered: Mapping[str, bytes]) -> str:
    """The service worker of this release.

    `page` is the path of the page itself, `at` gives the path of a static file, and
    `rendered` holds by path what is made for each answer: the page, its words, its manifest.
    """
    digest = hashlib.sha256((STATIC / WORKER).read_bytes())
    paths = []
    for name in files():
        paths.append(at(name))
        digest.update(f"{at(name)} {_hash(name)}\n".encode())
    for path, content in sorted(rendered.items()):
        paths.append(path)
        digest.update(f"{path} {hashlib.sha256(content).hexdigest()}\n".encode())
    told = {"hash": digest.hexdigest()[:16], "page": page, "files": paths}
    return f"self.SHELL = {json.dumps(told)};\n{(STATIC / WORKER).read_text(encoding='utf-8')}"


def _hash(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
