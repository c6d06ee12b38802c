"""Looking at a screen as a browser sees it: its errors, its width, and what axe finds."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_OVERFLOWING = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const all = [...document.querySelectorAll("body *")];
  const wide = all.filter(e => e.getBoundingClientRect().right > width + 1);
  const told = e => e.tagName + "." + e.className + " " + Math.round(e.getBoundingClientRect().right);
  return wide.slice(0, 5).map(told);
}"""


@cache
def _axe() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


@contextmanager
def a_page(context: "BrowserContext") -> "Iterator[tuple[Page, list[str]]]":
    """A page, and everything its console complains of, a breach of the security policy included."""
    page, complaints = context.new_page(), []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page, complaints
    page.close()


def overflow(page: "Page", size: dict[str, int]) -> list[str]:
    """What is wider than the window of this size; nothing on a sound page."""
    page.set_viewport_size(size)
    found: list[str] = page.evaluate(_OVERFLOWING)
    return found


def barriers(page: "Page") -> list[str]:
    """What keeps people out, by the rules of WCAG 2.2 AA: one line each.

    The script is handed over by the debugger, so that the page's own policy stays in force.
    """
    page.evaluate(_axe())
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"], "iframes": False}
    found: list[dict[str, Any]] = page.evaluate(
        f"axe.run(document, {json.dumps(options)}).then(r => r.violations)"
    )
    return [
        f"{one['id']} ({one['help']}): {node['html'][:200]} – {node['failureSummary'][:300]}"
        for one in found
        for node in one["nodes"][:3]
    ]
