"""JSON transcripts: a list of segments with speaker, start, end and text, from speech recognition."""

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, Final

from consult.channels.transcripts.timing import seconds
from consult.channels.transcripts.values import Problem, UnreadableTranscript, Utterance

LISTS: Final = ("segments", "utterances", "cues", "transcript", "entries", "results", "items")
TEXTS: Final = ("text", "transcript", "content", "words")
SPEAKERS: Final = ("speaker", "speaker_name", "speakerName", "name", "speaker_id", "speaker_label")
VOICES: Final = ("speaker_id", "speaker_label", "speakerId", "channel")
STARTS: Final = ("start", "start_time", "startTime", "begin", "from", "offset")
ENDS: Final = ("end", "end_time", "endTime", "to")


def parse_json(text: str, name: str) -> tuple[list[Utterance], list[Problem], bool]:
    """One utterance per segment, also an empty one; what has no text at all is named in the problems.

    Last, whether there is a list of segments with nothing in it: a tape without speech.
    """
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableTranscript(
            name, f"this JSON breaks off or errs at line {error.lineno}; export it again"
        ) from error
    except (RecursionError, ValueError) as error:
        raise UnreadableTranscript(name, "this JSON is nested too deep or holds a number too long") from error
    problems: list[Problem] = []
    spoken: list[Utterance] = []
    segments = _segments(whole)
    for number, segment in enumerate(segments or (), start=1):
        words = _first(segment, TEXTS) if isinstance(segment, Mapping) else None
        if not isinstance(segment, Mapping) or not isinstance(words, str):
            problems.append(Problem(number, "this entry of the list has no text"))
            continue
        start, end = _moment(_first(segment, STARTS)), _moment(_first(segment, ENDS))
        spoken.append(Utterance(_speaker(segment), start, end, " ".join(words.split()), number))
    return spoken, [*problems, *_one_name_for_two(segments or ())], segments == []


def _segments(whole: Any) -> list[Any] | None:
    """The list of segments; None where there is none."""
    if isinstance(whole, list):
        return whole
    if isinstance(whole, Mapping):
        for name in LISTS:
            found = whole.get(name)
            if isinstance(found, list):
                return found
            if isinstance(found, Mapping):
                return _segments(found)
    return None


def _one_name_for_two(segments: Sequence[Any]) -> list[Problem]:
    """Voices that the machine told apart and then gave one name: a person should listen."""
    first: dict[str, str] = {}
    doubted: dict[str, Problem] = {}
    for number, segment in enumerate(segments, start=1):
        name = _speaker(segment) if isinstance(segment, Mapping) else None
        voice = (
            next((str(segment[key]) for key in VOICES if segment.get(key) is not None), "") if name else ""
        )
        if name is None or not voice:
            continue
        if first.setdefault(name, voice) != voice and name not in doubted:
            message = f"two voices ({first[name]}, {voice}) bear one name here; listen who it is"
            doubted[name] = Problem(number, message)
    return list(doubted.values())


def _speaker(segment: Mapping[str, Any]) -> str | None:
    found = _first(segment, SPEAKERS)
    if isinstance(found, Mapping):
        found = found.get("name") or found.get("label") or found.get("id")
    return " ".join(str(found).split()) or None if isinstance(found, str | int) else None


def _moment(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e12 and isfinite(value) else None
    if isinstance(value, str):
        try:
            read = float(value)
        except ValueError:
            return seconds(value)
        return read if isfinite(read) else None
    return None


def _first(segment: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((segment[name] for name in names if segment.get(name) is not None), None)
