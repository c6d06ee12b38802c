"""A stand-in for a mail server, on loopback: keeps what it was handed, and answers as told."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class MailServer:
    """What it was handed; `at_recipient` and `at_end` are its replies, and "" breaks the connection."""

    url: str = ""
    letters: list[str] = field(default_factory=list)
    at_recipient: str = "250 ok"
    at_end: str = "250 kept"


@contextmanager
def serving() -> Iterator[MailServer]:
    """A mail server that listens until the block ends."""
    state = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            while line := self.rfile.readline().decode().strip():
                verb = line.split()[0].upper()
                if verb == "DATA":
                    self.say("354 go on")
                    if not self.take():
                        return
                elif verb == "RCPT":
                    self.say(state.at_recipient)
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

        def take(self) -> bool:
            lines: list[str] = []
            while (line := self.rfile.readline().decode()) not in (".\r\n", ""):
                lines.append(line)
            if not state.at_end:
                return False
            if state.at_end.startswith("2"):
                state.letters.append("".join(lines))
            self.say(state.at_end)
            return True

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        state.url = f"smtp://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield state
        server.shutdown()
