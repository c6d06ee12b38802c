"""Somebody with a browser and no scripts: opens pages, follows links, fills in forms and presses buttons.

What a form sends is read off the page, hidden fields and proofs included, so a
journey fails where a page forgot a field, a label or a way on.
"""

import io
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from flask.testing import FlaskClient
from lxml import html

Filled = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """A page as it came: its address, status, and what can be read and pressed on it."""

    address: str
    status: int
    text: str

    @property
    def tree(self) -> html.HtmlElement:
        """The page taken apart."""
        return html.document_fromstring(self.text)

    @property
    def words(self) -> str:
        """What a reader reads, in one line."""
        (main,) = self.tree.xpath("//main")
        return " ".join(main.text_content().split())

    def says(self, words: str) -> bool:
        """Whether a reader finds these words on it."""
        return words in self.words

    def link(self, words: str) -> str:
        """The address behind the first link that reads so; links outside the main part come last."""
        for place in ("//main//a", "//a"):
            for link in self.tree.xpath(place):
                if words in " ".join(link.text_content().split()):
                    return urljoin(self.address, link.get("href"))
        raise AssertionError(f"{self.address} has no link “{words}”: {self.words[:600]}")

    def after(self, term: str) -> str:
        """What a list of facts says beside a term."""
        (value,) = self.tree.xpath(f"//dt[normalize-space()='{term}']/following-sibling::dd[1]")
        return value.text_content().strip()


class Person:
    """Somebody at a browser. `page` is what they see now."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.page = Page("/", 0, "<main></main>")

    def goes_to(self, address: str) -> Page:
        """Open an address, and wherever it leads."""
        return self._sees(self.client.get(address, follow_redirects=True))

    def follows(self, words: str) -> Page:
        """Follow the link that reads so."""
        return self.goes_to(self.page.link(words))

    def presses(self, words: str, **filled: Any) -> Page:
        """Fill in a form and press its button that reads so.

        Lists tick or choose several; a pair (name, bytes) is a file. A name with a
        hyphen is written with two underscores.
        """
        form, button = _button(self.page, words)
        wanted = {name.replace("__", "-"): value for name, value in filled.items()}
        sent = _sent(self.page.tree, form, wanted)
        if button.get("name"):
            sent.setdefault(button.get("name"), []).append(button.get("value", ""))
        address = urljoin(self.page.address, form.get("action") or self.page.address)
        if (form.get("method") or "get").lower() == "get":
            return self._sees(self.client.get(address, query_string=sent, follow_redirects=True))
        kind = form.get("enctype") or "application/x-www-form-urlencoded"
        return self._sees(self.client.post(address, data=sent, content_type=kind, follow_redirects=True))

    def signs_in(self, email: str, password: str) -> Page:
        """Sign in by the page everybody signs in by."""
        self.goes_to("/sign-in")
        return self.presses("Sign in", email=email, password=password)

    def _sees(self, answer: Any) -> Page:
        query = answer.request.query_string.decode()
        address = answer.request.path + (f"?{query}" if query else "")
        self.page = Page(address, answer.status_code, answer.text)
        return self.page


def _button(page: Page, words: str) -> tuple[html.HtmlElement, html.HtmlElement]:
    tree = page.tree
    for button in tree.xpath("//main//button[not(@type='button')]"):
        if words in " ".join(button.text_content().split()):
            assert button.get("disabled") is None, f"“{words}” cannot be pressed: {page.words[:600]}"
            owner = button.get("form")
            (form,) = tree.xpath(f"//form[@id='{owner}']") if owner else button.xpath("ancestor::form[1]")
            return form, button
    raise AssertionError(f"{page.address} has no button “{words}”: {page.words[:600]}")


def _sent(tree: html.HtmlElement, form: html.HtmlElement, wanted: Filled) -> dict[str, list[Any]]:
    """What a browser would send: every field as it stands, but for those that were filled in."""
    sent: dict[str, list[Any]] = {}
    named = form.get("id")
    outside = tree.xpath("//*[@form=$named]", named=named) if named else []
    for field in [*form.xpath(".//input|.//select|.//textarea"), *outside]:
        name = field.get("name")
        if name and field.tag != "button" and name not in wanted and field.get("type") != "file":
            sent.setdefault(name, []).extend(_standing(field))
    offered = {field.get("name") for field in [*form.xpath(".//*[@name]"), *outside]}
    for name, value in wanted.items():
        assert name in offered, f"the form has no field {name}, only {sorted(filter(None, offered))}"
        if isinstance(value, tuple):
            sent[name] = [(io.BytesIO(value[1]), value[0])]
        else:
            sent[name] = list(value) if isinstance(value, list) else [value]
    return {name: values for name, values in sent.items() if values}


def _standing(field: html.HtmlElement) -> list[str]:
    """What a field holds when nobody touches it."""
    if field.tag == "select":
        options = field.xpath(".//option")
        chosen = field.xpath(".//option[@selected]") or options[:1]
        return [option.get("value", option.text_content()) for option in chosen]
    if field.tag == "textarea":
        return [(field.text or "").removeprefix("\n")]
    if field.get("type") in ("checkbox", "radio"):
        return [field.get("value", "on")] if field.get("checked") is not None else []
    return [] if field.get("type") in ("submit", "button") else [field.get("value", "")]
