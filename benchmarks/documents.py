"""Measure what Word files cost: a redline and an export of 300 clauses, and reading them back.

    python benchmarks/documents.py

CPU seconds, the best of five. Where LibreOffice is installed, its own comparison
of the same two files is timed beside ours (CPU of the whole office process), and
the ratio is printed. The texts are made up from a fixed seed.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from standards.diff import compare
from standards.document import Clause, ClauseText, Document, Scheme
from standards.exchange import pdf
from standards.exchange.docx import read, redline, writing
from standards.numbering import numbered

CLAUSES, CHANGED, WORDS = 300, 100, 120
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
COMPARING = """
import sys, time, uno
from com.sun.star.beans import PropertyValue
pipe, old, new, out = sys.argv[1:]
local = uno.getComponentContext()
resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
for _ in range(120):
    try:
        context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        break
    except Exception:
        time.sleep(0.5)
services = context.ServiceManager
desktop = services.createInstanceWithContext("com.sun.star.frame.Desktop", context)
url = uno.systemPathToFileUrl
hidden = PropertyValue(Name="Hidden", Value=True)
document = desktop.loadComponentFromURL(url(new), "_blank", 0, (hidden,))
dispatcher = services.createInstanceWithContext("com.sun.star.frame.DispatchHelper", context)
dispatcher.executeDispatch(document.CurrentController.Frame, ".uno:CompareDocuments", "", 0,
                           (PropertyValue(Name="URL", Value=url(old)),))
document.storeToURL(url(out), (PropertyValue(Name="FilterName", Value="MS Word 2007 XML"),))
try:
    desktop.terminate()
except Exception:
    pass
"""


def made_up() -> Document:
    """A standard of 300 clauses in thirty sections."""
    chance = random.Random(7)
    lexicon = ["".join(chance.choices("abcdeimnorstu", k=chance.randint(2, 9))) for _ in range(2000)]
    clauses: list[Clause] = []
    section: UUID | None = None
    for at in range(CLAUSES):
        words = chance.choices(lexicon, k=WORDS)
        body = f"{' '.join(words[:70])}.\n\n{' '.join(words[70:])}."
        text = ClauseText(heading=" ".join(words[:4]).title(), body=body)
        clauses.append(Clause(UUID(int=at + 1), text, section if at % 10 else None))
        section = clauses[-1].id if at % 10 == 0 else section
    return numbered(Document("A standard to measure", "en", Scheme.DECIMAL, tuple(clauses)))


def reworded(old: Document) -> Document:
    """The same text with up to five words changed in every third clause."""
    chance = random.Random(11)

    def change(at: int, clause: Clause) -> Clause:
        if at % (CLAUSES // CHANGED):
            return clause
        words = clause.text.body.split(" ")
        for _ in range(chance.randint(1, 5)):
            words[chance.randrange(len(words))] = "altogether"
        return replace(clause, text=replace(clause.text, body=" ".join(words)))

    return numbered(old.with_clauses(tuple(change(at, clause) for at, clause in enumerate(old))))


def cpu(act: Callable[[], object], times: int = 5) -> float:
    """The least CPU seconds of several runs."""
    spent = []
    for _ in range(times):
        began = time.process_time()
        act()
        spent.append(time.process_time() - began)
    return min(spent)


def libreoffice(old: bytes, new: bytes) -> float | None:
    """CPU seconds of a LibreOffice that compares both files; None where it is missing or gave up."""
    python = next((p for p in ("/usr/bin/python3",) if os.path.exists(p)), "")
    if not shutil.which("soffice") or not python:
        return None
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "old.docx").write_bytes(old)
        (place / "new.docx").write_bytes(new)
        (place / "compare.py").write_text(COMPARING)
        office = subprocess.Popen(
            ["soffice", f"-env:UserInstallation=file://{folder}/office", "--headless", "--norestore",
             "--accept=pipe,name=measure;urp"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        arguments = ["measure", *(str(place / name) for name in ("old.docx", "new.docx", "out.docx"))]
        subprocess.run([python, str(place / "compare.py"), *arguments], timeout=120, check=False,
                       capture_output=True)  # fmt: skip
        _, _, usage = os.wait4(office.pid, 0)
        return usage.ru_utime + usage.ru_stime if (place / "out.docx").exists() else None


def main() -> int:
    """Print the figures."""
    old = made_up()
    new = reworded(old)
    particulars = {"title": old.title, "label": "2.0", "status": "draft"}
    whole_old, whole_new = (writing.write(one, **particulars) for one in (old, new))
    comparison = compare(old, new)

    def mark() -> bytes:
        return redline.write(
            comparison, title=old.title, old_label="1.0", new_label="2.0", author="Committee", now=NOW
        )

    def compare_and_mark() -> bytes:
        made = compare(old, new)
        return redline.write(made, title=old.title, old_label="1", new_label="2", author="C", now=NOW)

    ours = cpu(compare_and_mark)
    print(f"{CLAUSES} clauses of {WORDS} words, {len(comparison.changes)} changed")
    print(f"compare and write the redline  {ours:7.3f} CPU s  ({len(mark()) // 1024} KiB)")
    print(f"write the redline alone        {cpu(mark):7.3f} CPU s")
    print(f"write the standard as DOCX     {cpu(lambda: writing.write(new, **particulars)):7.3f} CPU s")
    print(f"write the standard as PDF      {cpu(lambda: pdf.write(new, **particulars), 2):7.3f} CPU s")
    print(f"read the DOCX back as clauses  {cpu(lambda: read(whole_new, 'new.docx'), 3):7.3f} CPU s")
    theirs = libreoffice(whole_old, whole_new)
    if theirs is None:
        print("LibreOffice did not compare the two files (not installed, or it gave up).", file=sys.stderr)
    else:
        print(f"LibreOffice compares the two   {theirs:7.3f} CPU s  ours is 1/{theirs / ours:.0f} of it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
