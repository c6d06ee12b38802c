"""Run by LibreOffice's own Python: settle all tracked changes of a file and print what is left.

    python3 settle_changes.py PIPE FILE AcceptAllTrackedChanges|RejectAllTrackedChanges

Prints a JSON list of the body's paragraphs, table cells among them, in order.
"""

import contextlib
import json
import sys
import time

import uno
from com.sun.star.beans import PropertyValue


def connect(pipe):
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(120):
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except Exception:
            time.sleep(0.5)
    raise SystemExit("LibreOffice did not answer")


def texts(content):
    for part in content:
        if part.supportsService("com.sun.star.text.TextTable"):
            for name in sorted(part.getCellNames(), key=lambda n: (int(n.lstrip("ABCDEFGHIJ")), n)):
                yield from texts(part.getCellByName(name).getText())
        else:
            yield "".join(p.getString() for p in part if p.TextPortionType != "Footnote").rstrip("\r")


def main(pipe, path, act):
    context = connect(pipe)
    services = context.ServiceManager
    desktop = services.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    hidden = PropertyValue(Name="Hidden", Value=True)
    document = desktop.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, (hidden,))
    dispatcher = services.createInstanceWithContext("com.sun.star.frame.DispatchHelper", context)
    dispatcher.executeDispatch(document.CurrentController.Frame, f".uno:{act}", "", 0, ())
    left = len(list(document.Redlines)) if document.Redlines.hasElements() else 0
    print(json.dumps({"left": left, "texts": list(texts(document.Text))}))
    document.close(True)
    with contextlib.suppress(Exception):  # the bridge closes while it answers
        desktop.terminate()


main(*sys.argv[1:])
