"""What a transcript is made of, and how it can be refused."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Utterance:
    """What one voice said in one cue.

    `start` and `end` are seconds of tape, None where the file has none. `line` is
    the line of the source it begins on; in a Word file the paragraph or row; in
    JSON the place in the list; counted from 1. `originals` are the utterances
    that were joined into it, none when it stands as it was.
    """

    speaker: str | None
    start: float | None
    end: float | None
    text: str
    line: int
    originals: tuple["Utterance", ...] = ()


@dataclass(frozen=True)
class Problem:
    """Something a person should look at, by line of the source; nothing was dropped in silence."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


@dataclass(frozen=True)
class Transcript:
    """The utterances of a file in its order, with what was odd about it."""

    utterances: tuple[Utterance, ...]
    problems: tuple[Problem, ...]
    format: str


class TranscriptRefused(Exception):
    """A transcript that cannot be read; the message says why and what to do."""

    def __init__(self, name: str, reason: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason, self.problems = name, reason, problems


class UnreadableTranscript(TranscriptRefused):
    """A file that is not the text, Word or JSON file it should be."""


class NoUtterances(TranscriptRefused):
    """A readable file in which nobody is found speaking."""
