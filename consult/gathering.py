"""Gathering: those who wait for the disk at the same moment share one commit.

On SQLite there is one writer at a time, and a commit costs what the disk costs:
one for everybody who waits is no dearer than one for the first. PostgreSQL does
this by itself and needs no gathering.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Gathering(Generic[T, R]):
    """`together` keeps several things in one transaction and gives what became of each, in order."""

    def __init__(self, name: str, together: Callable[[Sequence[T]], Sequence[R]], *, most: int = 64) -> None:
        self.name, self.together, self.most = name, together, most
        self._queue: queue.SimpleQueue[tuple[T, Future[R]]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def keep(self, one: T) -> R:
        """Wait until it is on the disk, with whatever waits beside it. Raises what keeping it raised."""
        future: Future[R] = Future()
        self._queue.put((one, future))
        self._start()
        return future.result()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            batch = [self._queue.get()]
            while len(batch) < self.most and not self._queue.empty():
                batch.append(self._queue.get())
            self._keep(batch)

    def _keep(self, batch: Sequence[tuple[T, Future[R]]]) -> None:
        try:
            kept = self.together([one for one, _ in batch])
        except BaseException as error:
            # One that cannot be kept must not take its neighbours down with it.
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            for each in batch:
                self._keep([each])
            return
        for (_, future), result in zip(batch, kept, strict=True):
            future.set_result(result)
