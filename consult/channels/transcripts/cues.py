"""WebVTT and SRT, with the ways Teams, Zoom and patient hands bend them."""

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from consult.channels.transcripts.speakers import could_be_name, is_name
from consult.channels.transcripts.timing import CLOCK, seconds
from consult.channels.transcripts.values import Problem, Utterance

_TIMING = re.compile(rf"\s*({CLOCK})\s*-->\s*({CLOCK})(?:\s+(.*))?\s*")
_CROOKED = re.compile(rf"\s*({CLOCK})\s*(?:-{{1,3}}>|[–—]+>|→|={{1,2}}>)\s*({CLOCK})(?:\s+(.*))?\s*")
_ARROW = re.compile(r"\s*[\d:.,\w]{0,30}\s*-->\s*[\d:.,\w]{0,30}(?:\s+\S+:\S+)*\s*")
_BLOCK = re.compile(r"(NOTE|STYLE|REGION)(?:\s.*)?$")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?(?:\s+([^>]*))?>|</v\s*>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:c|i|b|u|s|ruby|rt|lang|font)(?:[.\s][^>]*)?/?>|<\d[\d:.]*>|\{\\an?\d+\}", re.IGNORECASE
)
_NAMED = re.compile(r"([^:<>]{1,64}):\s+(\S.*)", re.DOTALL)
_SETTING = re.compile(r"[A-Za-z]\w*:\S+")
_SETTINGS = frozenset({"vertical", "line", "position", "size", "align", "region"})
_COORDINATES = frozenset({"x1", "x2", "y1", "y2", *_SETTINGS})
_HALF_TIMES = re.compile(rf"\s*(?:\d{{1,3}}:[\d:.,]{{0,12}}|{CLOCK}\s*-{{0,2}}(?:->\s*[\d:.,]{{0,12}})?)\s*")
_OPEN_TAG = re.compile(r"</?(?:v|c|i|b|u|lang|ruby|rt)?(?:[.\s][^>]*)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Cue:
    """A stretch of tape and the lines under its times, not yet taken apart by voice."""

    start: float | None
    end: float | None
    lines: tuple[str, ...]
    line: int


def parse_webvtt(lines: Sequence[str]) -> tuple[list[Utterance], list[Problem]]:
    """One utterance per cue, or per voice where a cue has several; empty cues count."""
    problems: list[Problem] = []
    if not lines or not lines[0].startswith("WEBVTT"):
        problems.append(Problem(1, "the first line should be WEBVTT; the cues were read all the same"))
    cues = list(_cues(lines, problems, is_webvtt=True))
    return _voices(cues), problems


def parse_srt(lines: Sequence[str], *, speaker_line: bool = False) -> tuple[list[Utterance], list[Problem]]:
    """The same for SRT; with `speaker_line`, the first of several lines in a cue names its speaker."""
    problems: list[Problem] = []
    cues = list(_cues(lines, problems, is_webvtt=False))
    if speaker_line:
        return [_spoken_under_name(cue) for cue in cues], problems
    return _voices(cues), problems


def _cues(lines: Sequence[str], problems: list[Problem], *, is_webvtt: bool) -> Iterator[Cue]:
    heads = [place for place, line in enumerate(lines) if _is_timing(line)]
    skipped = _commentary(lines) if is_webvtt else frozenset()
    heads = [place for place in heads if place not in skipped]
    lines = _unbroken(lines, heads, problems)
    if is_webvtt:
        _name_strays(lines, 1, heads[0] if heads else len(lines), skipped, problems)
    for place, following in zip(heads, [*heads, len(lines)][1:], strict=True):
        start, end = _times(lines[place], place + 1, problems, is_webvtt=is_webvtt)
        body = [lines[at] for at in range(place + 1, following) if at not in skipped]
        body[:0] = _beside(lines[place], place + 1, problems, is_webvtt=is_webvtt)
        if following < len(lines):
            body = _without_id(body)
        while body and not body[-1].strip():
            body.pop()
        if is_webvtt and any(not line.strip() for line in body):
            message = "an empty line stands inside this cue; the words after it were kept with it"
            problems.append(Problem(place + 1, message))
        yield Cue(start, end, tuple(line for line in body if line.strip()), place + 1)


def _is_timing(line: str) -> bool:
    return ("-->" in line and bool(_TIMING.fullmatch(line) or _ARROW.fullmatch(line))) or bool(
        _CROOKED.fullmatch(line)
    )


def _commentary(lines: Sequence[str]) -> frozenset[int]:
    """Lines of NOTE, STYLE and REGION blocks, which are nobody's words."""
    inside, found = False, set()
    for place, line in enumerate(lines):
        if not line.strip():
            inside = False
        elif not inside and _BLOCK.match(line) and (place == 0 or not lines[place - 1].strip()):
            inside = True
        if inside:
            found.add(place)
    return frozenset(found)


def _name_strays(
    lines: Sequence[str], start: int, first: int, skipped: frozenset[int], problems: list[Problem]
) -> None:
    """Words before the first cue that are neither header, comment nor its id."""
    header = True
    for place in range(start, first):
        header = header and bool(lines[place].strip())
        is_id = place == first - 1
        if lines[place].strip() and not header and not is_id and place not in skipped:
            problems.append(
                Problem(place + 1, f"these words stand outside any cue: {lines[place].strip()[:60]}")
            )


def _without_id(body: list[str]) -> list[str]:
    """Drop the next cue's id: a last line that is a number, or has an empty line before it."""
    if body and body[-1].strip() and (len(body) == 1 or not body[-2].strip() or body[-1].strip().isdigit()):
        lone_words = len(body) == 1 and not body[-1].strip().isdigit()
        return body if lone_words else body[:-1]
    return body


def _times(
    line: str, number: int, problems: list[Problem], *, is_webvtt: bool
) -> tuple[float | None, float | None]:
    found = _TIMING.fullmatch(line) or _CROOKED.fullmatch(line)
    if not found:
        problems.append(Problem(number, f"times that cannot be read, words kept: {line.strip()[:60]}"))
        return None, None
    start, end = seconds(found[1]), seconds(found[2])
    if "-->" not in line:
        problems.append(Problem(number, "the arrow between the times should be -->"))
    if is_webvtt and "," in found[1] + found[2]:
        problems.append(Problem(number, "the times have a comma where WebVTT has a dot; read as a dot"))
    return start, end


def _beside(line: str, number: int, problems: list[Problem], *, is_webvtt: bool) -> list[str]:
    """What stands after the times: settings are left out, words are kept as the first of the cue's."""
    found = _TIMING.fullmatch(line) or _CROOKED.fullmatch(line)
    beside = (found[3] or "").split() if found else []
    settings = [word for word in beside if _SETTING.fullmatch(word)]
    if len(settings) < len(beside):
        words = " ".join(beside)
        problems.append(Problem(number, f"words stand beside the times, kept with the cue: {words[:60]}"))
        return [words]
    known = _SETTINGS if is_webvtt else _COORDINATES
    unknown = [word for word in settings if word.partition(":")[0].lower() not in known]
    if unknown:
        message = f"a setting of the cue that is not known, left out: {' '.join(unknown)[:60]}"
        problems.append(Problem(number, message))
    return []


def _unbroken(lines: Sequence[str], heads: Sequence[int], problems: list[Problem]) -> Sequence[str]:
    """The lines without half a cue at their end, which is said: a file that was cut in the middle."""
    last = next((place for place in range(len(lines) - 1, -1, -1) if lines[place].strip()), -1)
    if not heads or last < heads[-1]:
        return lines
    ends_whole = last < len(lines) - 1
    if last == heads[-1]:
        if ends_whole:
            return lines
        message = "the file breaks off at this cue, before its words; ask for the file again, whole"
        problems.append(Problem(last + 1, message))
        return lines
    apart = not lines[last - 1].strip() or lines[last - 1].strip().isdigit()
    number = lines[last].strip().isdigit() and not lines[last - 1].strip()
    if not ends_whole and apart and (_HALF_TIMES.fullmatch(lines[last]) or number):
        message = "the file breaks off here, within the times of a cue; ask for the file again, whole"
        problems.append(Problem(last + 1, message))
        cut = last - 1 if lines[last - 1].strip().isdigit() and not lines[last - 2].strip() else last
        return lines[:cut]
    if lines[last].rfind("<") > lines[last].rfind(">") and _OPEN_TAG.search(lines[last]):
        problems.append(Problem(last + 1, "the file breaks off within a tag; ask for the file again, whole"))
    return lines


def _spoken_under_name(cue: Cue) -> Utterance:
    named = len(cue.lines) > 1
    text = " ".join(line.strip() for line in cue.lines[1 if named else 0 :])
    return Utterance(cue.lines[0].strip() if named else None, cue.start, cue.end, _plain(text), cue.line)


def _voices(cues: Sequence[Cue]) -> list[Utterance]:
    regulars = _regulars(cues)
    return [utterance for cue in cues for utterance in _voices_of(cue, regulars)]


def _regulars(cues: Sequence[Cue]) -> frozenset[str]:
    """Doubtful names that are somebody: they come back, or most cues begin with a name."""
    seen: Counter[str] = Counter()
    certain = 0
    for cue in cues:
        found = _NAMED.fullmatch(cue.lines[0].strip()) if cue.lines else None
        if found and is_name(found[1]):
            certain += 1
        elif found and could_be_name(found[1]) and len(found[1].split()) <= 4:
            seen[found[1].strip()] += 1
    is_named_throughout = (certain + seen.total()) * 3 > len(cues) * 2
    return frozenset(
        name for name, times in seen.items() if times > 1 or (is_named_throughout and len(name.split()) == 1)
    )


def _voices_of(cue: Cue, regulars: frozenset[str]) -> Iterator[Utterance]:
    body = "\n".join(cue.lines)
    if not _VOICE.search(body):
        for speaker, text in _named_lines(cue.lines, regulars):
            yield Utterance(speaker, cue.start, cue.end, text, cue.line)
        return
    for speaker, text in _tagged(body):
        yield Utterance(speaker, cue.start, cue.end, text, cue.line)


def _tagged(body: str) -> list[tuple[str | None, str]]:
    """The voices of a cue in order; words outside any voice have no speaker."""
    spoken: list[tuple[str | None, str]] = []
    speaker: str | None = None
    inside, place = False, 0
    for found in [*_VOICE.finditer(body), None]:
        text = _plain(body[place : found.start() if found else len(body)])
        if text or inside:
            spoken.append((speaker, text))
        if found is None:
            break
        inside = not found[0].startswith("</")
        speaker = (_plain(found[1] or "") or None) if inside else None
        place = found.end()
    return spoken or [(None, "")]


def _named_lines(lines: Sequence[str], regulars: frozenset[str]) -> list[tuple[str | None, str]]:
    """`Name: text` inside a cue, as Zoom writes it; several lines may be several voices."""
    spoken: list[tuple[str | None, list[str]]] = []
    for line in lines:
        text = _plain(line)
        found = _NAMED.fullmatch(text)
        if found and (is_name(found[1]) or found[1].strip() in regulars):
            spoken.append((found[1].strip(), [found[2].strip()]))
        elif spoken:
            spoken[-1][1].append(text)
        else:
            spoken.append((None, [text]))
    return [(speaker, " ".join(filter(None, texts))) for speaker, texts in spoken] or [(None, "")]


def _plain(text: str) -> str:
    """The words without tags and entities, on one line."""
    return " ".join(html.unescape(_TAG.sub("", text)).split())
