"""Transcripts: every format that meetings come in, what is odd about them, and how they are refused."""

import json
import os
from io import BytesIO
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.channels.transcripts import (
    NoUtterances,
    TranscriptRefused,
    UnreadableTranscript,
    Utterance,
    join,
    parse,
)


def spoken(text: str | bytes, name: str = "meeting.txt"):
    content = text.encode() if isinstance(text, str) else text
    return [(one.speaker, one.start, one.end, one.text) for one in parse(content, name).utterances]


def problems(text: str, name: str = "meeting.vtt"):
    return [str(one) for one in parse(text.encode(), name).problems]


class TestPlainText:
    def test_a_turn_goes_on_until_the_next_name(self):
        text = "Maria Quispe: No hay agua.\nY es cara.\n\nJuan: De acuerdo.\n"

        assert spoken(text) == [
            ("Maria Quispe", None, None, "No hay agua. Y es cara."),
            ("Juan", None, None, "De acuerdo."),
        ]

    def test_a_time_in_brackets_before_the_name(self):
        assert spoken("[00:01:02] Speaker 1: water\n[1:02:03] Speaker 2: no") == [
            ("Speaker 1", 62.0, None, "water"),
            ("Speaker 2", 3723.0, None, "no"),
        ]

    def test_a_recorder_writes_name_and_time_on_a_line_of_their_own(self):
        assert spoken("Asha Juma  0:05\nHatuna maji.\n\nSpeaker 2  1:10\nKweli.\n") == [
            ("Asha Juma", 5.0, None, "Hatuna maji."),
            ("Speaker 2", 70.0, None, "Kweli."),
        ]

    def test_a_chat_has_seconds_and_tabs(self):
        assert spoken("00:08:22\tChristine Kim:\tgm") == [("Christine Kim", 502.0, None, "gm")]

    @pytest.mark.parametrize(
        "line",
        ["10:30 Agenda:", "Note: bring a map", "https://example.org/a", "See below, or not: so", "Agenda:"],
    )
    def test_lines_that_are_no_speaker(self, line):
        assert spoken(f"Maria: one\n{line}\nJuan: two")[0] == ("Maria", None, None, f"one {line}")

    def test_words_before_the_first_speaker_are_kept_and_named(self):
        transcript = parse(b"Meeting at Geita\nMaria: one", "a.txt")

        assert [one.speaker for one in transcript.utterances] == [None, "Maria"]
        assert [one.line for one in transcript.problems] == [1]

    def test_text_without_a_speaker_says_what_to_write(self):
        with pytest.raises(NoUtterances, match="Name: text"):
            parse(b"we met and talked about water", "notes.txt")


class TestWebVtt:
    def test_voices_entities_settings_and_blocks(self):
        text = (
            "WEBVTT - meeting\n\nSTYLE\n::cue { color: red }\n\nNOTE\nnot said --> by anyone\n\n"
            "REGION\nid:fred\n\n"
            "first\n00:00:05.000 --> 00:00:08.000 align:start position:0%\n"
            "<v Asha>Water &amp; <i>land</i></v> <v.loud Ben Doe>No &lt;way&gt;</v>\n\n"
            "00:09.000 --> 00:10.500\n\n"
            "00:00:11.000 --> 00:00:12.000\nnobody known\n"
        )

        assert spoken(text, "a.vtt") == [
            ("Asha", 5.0, 8.0, "Water & land"),
            ("Ben Doe", 5.0, 8.0, "No <way>"),
            (None, 9.0, 10.5, ""),
            (None, 11.0, 12.0, "nobody known"),
        ]
        assert problems(text) == ["line 16: this cue has no words"]

    def test_teams_ids_and_short_times(self):
        text = "WEBVTT\n\n3f2a-11ee/12-0\n0:0:0.570 --> 0:0:3.180\n<v Asha Juma>Habari</v>\n"

        assert spoken(text, "a.vtt") == [("Asha Juma", 0.57, 3.18, "Habari")]

    def test_zoom_writes_the_name_in_the_cue(self):
        text = "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\nAsha Juma: It is 10:30.\n\n"
        text += "2\n00:00:03.000 --> 00:00:04.000\nBen: yes\n"

        assert spoken(text, "a.vtt") == [("Asha Juma", 1.0, 2.0, "It is 10:30."), ("Ben", 3.0, 4.0, "yes")]

    def test_a_screen_name_in_small_letters_counts_when_it_comes_back(self):
        cue = "00:00:0{0}.000 --> 00:00:0{0}.900\n{1}\n\n"
        text = (
            "WEBVTT\n\n"
            + cue.format(1, "juan m: si")
            + cue.format(2, "juan m: no")
            + cue.format(3, "so the thing is: no")
        )

        assert [one[0] for one in spoken(text, "a.vtt")] == ["juan m", "juan m", None]

    def test_comma_times_are_read_and_named(self):
        text = "WEBVTT\n\n00:00:05,000 --> 00:00:08,000\n<v A>x</v>\n"

        assert spoken(text, "a.vtt") == [("A", 5.0, 8.0, "x")]
        assert problems(text)[0].startswith("line 3: ")

    def test_a_crooked_arrow_and_unreadable_times_keep_their_words(self):
        text = "WEBVTT\n\n00:01.000 -> 00:02.000\none\n\n00:0x --> 00:05.000\ntwo\n"

        assert spoken(text, "a.vtt") == [(None, 1.0, 2.0, "one"), (None, None, None, "two")]
        assert [one[:7] for one in problems(text)] == ["line 3:", "line 6:"]

    def test_an_empty_line_inside_a_cue_loses_nothing(self):
        text = "WEBVTT\n\n00:01.000 --> 00:02.000\none\n\ntwo\n"

        assert spoken(text, "a.vtt") == [(None, 1.0, 2.0, "one two")]
        assert problems(text)[0].startswith("line 3: ")

    def test_no_cue_is_an_error_that_shows_what_a_cue_is(self):
        with pytest.raises(NoUtterances, match="-->"):
            parse(b"WEBVTT\n\nhello\n", "a.vtt")


class TestSrt:
    def test_comma_and_dot(self):
        text = "1\r\n00:00:01,000 --> 00:00:02,500\r\nAsha: <i>one</i>\r\ntwo\r\n\r\n"
        text += "2\r\n00:00:03.000 --> 00:00:04.000\r\nthree\r\n"

        assert spoken(text, "a.srt") == [("Asha", 1.0, 2.5, "one two"), (None, 3.0, 4.0, "three")]


class TestDocx:
    def test_a_table_with_a_head(self):
        assert spoken(
            a_docx(
                table=[
                    ["Time", "Speaker", "Text"],
                    ["0:05", "Asha", "Hatuna maji hapa"],
                    ["0:09", "Ben", "Yes, I heard that"],
                ]
            ),
            "a.docx",
        ) == [
            ("Asha", 5.0, None, "Hatuna maji hapa"),
            ("Ben", 9.0, None, "Yes, I heard that"),
        ]

    def test_bold_speakers(self):
        content = a_docx(paragraphs=[("Asha Juma", " Hatuna maji."), ("", "Kweli."), ("Ben:", " Yes.")])

        assert spoken(content, "a.docx") == [
            ("Asha Juma", None, None, "Hatuna maji. Kweli."),
            ("Ben", None, None, "Yes."),
        ]

    def test_name_and_time_paragraphs(self):
        content = a_docx(
            paragraphs=[("", "Asha Juma   0:05"), ("", "Hatuna maji."), ("", "Ben   0:09"), ("", "Yes.")]
        )

        assert spoken(content, "a.docx") == [
            ("Asha Juma", 5.0, None, "Hatuna maji."),
            ("Ben", 9.0, None, "Yes."),
        ]

    @pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0 old", b"%PDF-1.7"])
    def test_what_is_no_word_file_is_refused_kindly(self, content):
        with pytest.raises(UnreadableTranscript, match=r"a\.docx: this"):
            parse(content, "a.docx")


class TestJson:
    def test_segments_with_speakers(self):
        whole = {
            "segments": [
                {"start": 3.79, "end": 4.59, "text": "Señor", "speaker": {"name": "Lenin Lara"}},
                {"start": 5, "end": 6, "text": "", "speaker": "SPEAKER_01"},
            ]
        }

        assert spoken(json.dumps(whole), "a.json") == [
            ("Lenin Lara", 3.79, 4.59, "Señor"),
            ("SPEAKER_01", 5.0, 6.0, ""),
        ]


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
    def test_text_arrives_however_it_was_saved(self, encoding):
        assert spoken("Ana: sí\nBen: não".encode(encoding))[0][3] == "sí"

    def test_western_european_is_read_and_said(self):
        transcript = parse("Ana: uno\nBen: sí".encode("cp1252"), "a.txt")

        assert transcript.utterances[1].text == "sí"
        assert transcript.problems[0].line == 2


class TestJoin:
    def test_cues_of_one_speaker_two_seconds_apart_join_and_stay_inside(self):
        cues = [
            Utterance("A", 0.0, 1.1, "one", 1),
            Utterance("A", 3.1, 4.0, "two", 5),
            Utterance("A", 6.1, 7.0, "three", 9),
            Utterance("B", 7.0, 8.0, "four", 13),
        ]

        joined = join(cues)

        assert [(one.start, one.end, one.text) for one in joined] == [
            (0.0, 4.0, "one two"),
            (6.1, 7.0, "three"),
            (7.0, 8.0, "four"),
        ]
        assert joined[0].originals == tuple(cues[:2])

    @given(
        st.lists(st.tuples(st.sampled_from([None, "A", "B"]), st.floats(0, 9), st.floats(0, 9)), max_size=12)
    )
    def test_no_cue_is_lost(self, facts):
        cues = [
            Utterance(who, start, start + length, "x", at) for at, (who, start, length) in enumerate(facts)
        ]

        kept = [original for one in join(cues) for original in (one.originals or (one,))]

        assert kept == cues


class TestAnything:
    @settings(max_examples=200, deadline=None)
    @given(
        content=st.binary(max_size=300)
        | st.text(
            alphabet=st.sampled_from([*'WEBVTT0123:.,-> \n<v Ana/>{}[]"&;', "N", "O"]), max_size=200
        ).map(str.encode),
        name=st.sampled_from(["a.txt", "a.vtt", "a.srt", "a.json", "a.docx"]),
    )
    def test_nothing_is_raised_but_a_kind_refusal(self, content, name):
        try:
            transcript = parse(content, name)
        except TranscriptRefused as refused:
            refusal = refused
        else:
            assert transcript.utterances
            return

        assert str(refusal).startswith(f"{name}: ")


def test_real_meetings_have_an_entry_for_every_cue():
    corpora = os.environ.get("BARAZA_CORPORA")
    if not corpora:
        pytest.skip("BARAZA_CORPORA is not set: it names the folder of real meetings")
    files = sorted(Path(corpora, "meetings").rglob("*.vtt"))

    assert files
    for path in files:
        content = path.read_bytes()
        assert len(parse(content, path.name).utterances) == content.count(b"-->")


def a_docx(paragraphs=(), table=()) -> bytes:
    """A Word file of paragraphs (bold part, rest) and a table."""
    document = docx.Document()
    for bold, rest in paragraphs:
        paragraph = document.add_paragraph()
        if bold:
            paragraph.add_run(bold).bold = True
        paragraph.add_run(rest)
    if table:
        made = document.add_table(rows=0, cols=len(table[0]))
        for row in table:
            for cell, text in zip(made.add_row().cells, row, strict=True):
                cell.text = text
    content = BytesIO()
    document.save(content)
    return content.getvalue()
