"""Transcripts of workshops and calls, from whatever recorded them, as utterances by line and second."""

from consult.channels.transcripts.cutting import cut
from consult.channels.transcripts.joining import join
from consult.channels.transcripts.reading import parse
from consult.channels.transcripts.values import (
    NoUtterances,
    Problem,
    Transcript,
    TranscriptRefused,
    UnreadableTranscript,
    Utterance,
)

__all__ = [
    "NoUtterances",
    "Problem",
    "Transcript",
    "TranscriptRefused",
    "UnreadableTranscript",
    "Utterance",
    "cut",
    "join",
    "parse",
]
