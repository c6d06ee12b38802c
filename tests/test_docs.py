"""Documentation that stays true: links, commands, settings, addresses and words on the screen."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map

from consult import config, views
from consult.cli import baraza

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/**/README.md")])
GUIDES = [ROOT / "docs" / name for name in ("secretary.md", "facilitator.md", "working-group.md")]
OPERATOR = ROOT / "docs" / "operator.md"

# In two pieces, or this file would be the first to name them.
NEVER_NAMED = re.compile(
    "|".join((r"(?<![\w.])/wor" "k/", r"\.\./sha" "red", r"files\.python" "hosted", r"pypi\.o" "rg"))
)
SETTING = re.compile(r"\b(?:BARAZA|TWILIO)_[A-Z_]*[A-Z]\b")
LINK = re.compile(r"(?<!`)!?\[[^\]\n]*\]\(([^)\s]+)\)")
BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
PATH = re.compile(r"(?:consult|standards|tests|docs|migrations|benchmarks|templates|requirements)/[\w./*-]*")
FENCED = re.compile(r"^ *```(?:sh|ini)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:^|[;&|]\s*|ExecStart(?:Pre)?=)(?:baraza|as_baraza|\S*/run)(?:\s+(.*))?$")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def every_page() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", PAGES, ids=name_of)


class TestLinks:
    @every_page()
    def test_every_relative_link_leads_somewhere(self, page: Path) -> None:
        links = [link for link in LINK.findall(page.read_text()) if ":" not in link]

        broken = [link for link in links if not leads_somewhere(page, link)]

        assert broken == []


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return False
    return not anchor or target.suffix != ".md" or anchor in anchors(target)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class TestPaths:
    @every_page()
    def test_every_path_of_this_repository_that_is_named_is_there(self, page: Path) -> None:
        missing = [path for path in paths(page.read_text()) if not list(ROOT.glob(path))]

        assert missing == []

    def test_a_bare_name_after_a_path_lies_beside_it(self) -> None:
        assert list(paths("| `consult/jobs.py` `worker.py` | duties |")) == [
            "consult/jobs.py",
            "consult/worker.py",
        ]


def paths(text: str) -> Iterator[str]:
    """The files and folders that a page names, from the root of the repository.

    A bare name after a path, in one line, lies beside it, in it, or at the root.
    """
    for line in text.splitlines():
        last = ""
        for code in CODE.findall(line):
            if PATH.fullmatch(code):
                last = code.rstrip("/")
                yield last
            elif last and re.fullmatch(r"\w+\.py", code):
                places = [f"{last.rpartition('/')[0]}/{code}", f"{last}/{code}", code]
                yield next((place for place in places if (ROOT / place).exists()), places[0])


class TestCommands:
    @every_page()
    def test_every_command_is_there_with_the_options_shown(self, page: Path) -> None:
        wrong = [f"{line}: {what}" for line in commands(page.read_text()) for what in faults(line)]

        assert wrong == []

    def test_commands_are_found_in_blocks_and_in_sentences(self) -> None:
        text = "Use `baraza keys rotate`.\n```sh\n./run standard export a@1 \\\n  --to docx   # Word\n```\n"

        assert list(commands(text)) == ["standard export a@1   --to docx   # Word", "keys rotate"]

    @pytest.mark.parametrize(
        "line",
        ["keys turn", "keys rotate --fast", "standard export a@1 --to papyrus", "user add --role king"],
    )
    def test_what_is_not_there_is_found_out(self, line: str) -> None:
        assert list(faults(line))


def commands(text: str) -> Iterator[str]:
    """What follows `baraza` or `./run` wherever a page shows it."""
    blocks = [line for block in FENCED.findall(text) for line in block.replace("\\\n", "").splitlines()]
    for line in [*blocks, *CODE.findall(FENCED.sub("", text))]:
        if found := COMMAND.search(line.strip()):
            yield found[1] or ""


def faults(line: str) -> Iterator[str]:
    """What a command line names that the command line does not have."""
    words, at = shlex.split(line, comments=True), baraza
    here: click.Command = at
    while words and isinstance(here, click.Group) and not words[0].startswith("-"):
        name = words.pop(0)
        if not name.islower():
            return  # COMMAND, "$@" and … stand for any
        found = here.get_command(click.Context(here), name)
        if found is None:
            yield f"there is no command {name}"
            return
        here = found
    options = {name: one for one in here.params for name in (*one.opts, *one.secondary_opts)}
    for place, word in enumerate(words):
        name, _, value = word.partition("=")
        if not name.startswith("-") or name in ("-h", "--help", "-"):
            continue
        option = options.get(name)
        if option is None:
            yield f"there is no option {name}"
        elif isinstance(option.type, click.Choice):
            given = value or (words[place + 1] if place + 1 < len(words) else "")
            if given.islower() and given not in option.type.choices:
                yield f"{name} does not take {given}"


class TestSettings:
    @every_page()
    def test_every_setting_named_is_read_somewhere(self, page: Path) -> None:
        named = set(SETTING.findall(page.read_text()))

        assert named - settings_in_code() == set()

    def test_the_operators_guide_names_every_setting_that_is_read(self) -> None:
        read = set(SETTING.findall((ROOT / "consult" / "config.py").read_text()))

        assert read - set(SETTING.findall(OPERATOR.read_text())) == set()


@cache
def settings_in_code() -> set[str]:
    """Each setting that code or a script names."""
    code = [
        path for path in texts() if path.suffix in (".py", ".sh") or path.name in ("run", "test", "bench")
    ]
    return {name for path in code for name in SETTING.findall(path.read_text(errors="replace"))}


class TestTheScreens:
    """The guides for people who never read manuals say what the screen says."""

    @pytest.mark.parametrize("guide", GUIDES, ids=name_of)
    def test_bold_words_stand_on_a_screen(self, guide: Path) -> None:
        text = guide.read_text()
        steps = [line for line in text.splitlines() if not line.startswith("> ")]
        shown = {word for line in steps for word in BOLD.findall(line)} - ORDINARY

        assert sorted(words for words in shown if words.rstrip(".:") not in words_on_screens()) == []

    @pytest.mark.parametrize("guide", [*GUIDES, OPERATOR], ids=name_of)
    def test_addresses_are_served(self, guide: Path, doors: Map) -> None:
        addresses = [
            code for code in CODE.findall(guide.read_text()) if re.fullmatch(r"/[a-z][\w./-]*", code)
        ]
        beginnings = ("/opt/", "/srv/", "/var/", "/etc/", "/consultations/")

        unknown = [one for one in addresses if not one.startswith(beginnings) and not is_served(doors, one)]

        assert unknown == []


# Emphasis in these guides that is no word on a screen.
ORDINARY = {
    "Bold words",
    "On this page:",
    "On the web:",
    "By text message:",
    "At workshops:",
    "By letter, e-mail or table:",
    "From a voice to the text:",
    "From the text to the voices:",
    "Choose two to four clauses.",
    "Put each clause into a question that people can answer from their day.",
    "Know whom you want to hear.",
    "Decide who writes or records",
    "Plan on paper what you will count:",
    "Is it safe to meet?",
    "On paper, for now.",
    "before",
}


@cache
def words_on_screens() -> set[str]:
    """Every sentence and label that a template or view shows, in English, with its full stop or colon off."""
    sources = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("consult/**/*.py")]
    # One form, or both of ngettext; templates quote either way.
    quoted = re.compile(r"""(?:_|ngettext)\(\s*(["'])(.*?)(?<!\\)\1(?:\s*,\s*(["'])(.*?)(?<!\\)\3)?""")
    found: set[str] = set()
    for source in sources:
        for _quote, one, _quote, many in quoted.findall(source.read_text()):
            found |= {one, many, re.sub(r"\s*%\(\w+\)s.*", "", one)}
    return {words.rstrip(".:") for words in found if words}


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Map:
    """Every address that is served; no database is needed to know them."""
    app = Flask("doors")
    app.config["BARAZA"] = config.read({"BARAZA_DATA_DIR": str(tmp_path_factory.mktemp("doors"))})
    views.register(app, CSRFProtect(app))
    return app.url_map


def is_served(doors: Map, address: str) -> bool:
    try:
        doors.bind("").match(address)
    except MethodNotAllowed:
        return True
    except NotFound:
        return False
    return True


class TestThisRepository:
    def test_it_names_no_workplace_and_no_registry(self) -> None:
        named = [
            f"{name_of(path)}: {found[0]}"
            for path in texts()
            if path != ROOT / ".ci" / "run"
            and (found := NEVER_NAMED.search(path.read_text(errors="replace")))
        ]

        assert named == []


@cache
def texts() -> tuple[Path, ...]:
    """The repository's text files; those that git would take, where it is a checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no git checkout, so nobody can say which files are the repository's")
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return tuple(path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8192])
