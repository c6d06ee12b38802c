"""The provider's public description, served by a mock that refuses every call which does not fit it.

The mock is an npm package, pinned with hashes beside this file and used by tests
alone. Where Node or the package is not there, the test that needs it is skipped
and says how to mend that.
"""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

HOME = Path(__file__).parent / "prism"
PROGRAM = Path(sys.prefix) / "mock" / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
MEND = (
    "mkdir -p .venv/mock && cp tests/standins/prism/package*.json .venv/mock/ "
    "&& npm ci --ignore-scripts --prefix .venv/mock"
)
SECONDS_TO_START = 60


@contextmanager
def serving() -> Iterator[str]:
    """The mock, until the block ends. Gives its address."""
    node = shutil.which("node")
    if node is None or not PROGRAM.exists():
        pytest.skip(
            "The provider's description was not checked: "
            + ("Node is not there; install nodejs and npm, then: " if node is None else "mend it with: ")
            + MEND
        )
    port = _free_port()
    command = [node, str(PROGRAM), "mock", "--errors", "--port", str(port), str(HOME / "messages.yaml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as mock:
        try:
            _wait_until_it_answers(mock, f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            mock.terminate()


def _wait_until_it_answers(mock: "subprocess.Popen[str]", address: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while mock.poll() is None and time.monotonic() < deadline:
        try:
            requests.get(address, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    mock.kill()
    raise RuntimeError(f"The mock did not start: {mock.stdout.read() if mock.stdout else ''}")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
