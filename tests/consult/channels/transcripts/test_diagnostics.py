"""What is odd about a transcript is said by its line, and nothing of it is lost."""

import itertools
import json
from io import BytesIO

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.channels.transcripts import (
    NoUtterances,
    UnreadableTranscript,
    Utterance,
    cut,
    join,
    parse,
)
from tests.consult.channels.transcripts.test_transcripts import a_docx, spoken

CUES = "WEBVTT\n\n1\n00:01.000 --> 00:02.000\nAna: one\n\n2\n00:03.000 --> 00:04.000\nAna: two"


def told(content, name="a.vtt"):
    """The problems of a file by line, in few words."""
    found = parse(content.encode() if isinstance(content, str) else content, name)
    return [(one.line, one.message) for one in found.problems]


def lines(content, name="a.vtt"):
    return [line for line, _ in told(content, name)]


class TestTimes:
    @pytest.mark.parametrize(
        ("second", "words"),
        [
            ("00:04.000 --> 00:03.000", "ends before it begins"),
            ("00:00.500 --> 00:03.000", "go backward here: 0:00.5 comes after 0:01"),
            ("00:01.500 --> 00:03.000", "before the one above it ends at 0:02"),
        ],
    )
    def test_what_the_times_cannot_be_is_said_at_its_line(self, second, words):
        [(line, message)] = told(f"WEBVTT\n\n00:01.000 --> 00:02.000\none\n\n{second}\ntwo\n")

        assert line == 6
        assert words in message

    def test_voices_of_one_cue_do_not_overlap_each_other(self):
        cue = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v A>yes</v> <v B>no</v>\n"

        assert told(cue) == []

    def test_a_cue_without_words_is_said(self):
        assert told("WEBVTT\n\n00:01.000 --> 00:02.000\n\n00:03.000 --> 00:04.000\nx\n") == [
            (3, "this cue has no words")
        ]

    @given(st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 400)), min_size=1, max_size=12))
    @settings(max_examples=80, deadline=None)
    def test_every_complaint_is_true_and_orderly_cues_have_none(self, facts):
        cues = [(start / 10, (start + length) / 10) for start, length in facts]
        text = "".join(f"{n}\n{at(a)} --> {at(b)}\nx\n\n" for n, (a, b) in enumerate(cues, 1))

        found = parse(text.encode(), "a.srt")

        odd = {
            4 * n - 2
            for n, (before, here) in enumerate(itertools.pairwise(cues), 2)
            if here[0] < before[1] - 0.05
        }
        assert {one.line for one in found.problems} == odd


def at(second):
    return f"00:{int(second) // 60:02}:{int(second) % 60:02},{round(second * 10) % 10}00"


class TestBesideTheTimes:
    def test_an_unknown_setting_is_left_out_and_said(self):
        cue = "WEBVTT\n\n00:01.000 --> 00:02.000 align:left colour:red\nA: x\n"

        assert told(cue) == [(3, "a setting of the cue that is not known, left out: colour:red")]
        assert spoken(cue, "a.vtt") == [("A", 1.0, 2.0, "x")]

    def test_words_there_are_kept(self):
        cue = "1\n00:00:01,000 --> 00:00:02,000 Hatuna maji\nhapa\n"

        assert spoken(cue, "a.srt") == [(None, 1.0, 2.0, "Hatuna maji hapa")]
        assert lines(cue, "a.srt") == [2]


class TestCutInTheMiddle:
    @pytest.mark.parametrize(
        ("more", "line"),
        [
            ("\n\n3\n00:05.000 --> 00:06.000", 12),
            ("\n\n3\n00:05.000 -->", 12),
            ("\n\n3\n00:05.000 -", 12),
            ("\n\n3\n00:0", 12),
            ("\n\n3", 11),
            ("\n\n3\n00:05.000 --> 00:06.000\n<v An", 13),
        ],
    )
    def test_where_it_breaks_off_is_said_and_what_was_whole_is_kept(self, more, line):
        found = parse((CUES + more).encode(), "a.vtt")

        assert [one.text for one in found.utterances[:2]] == ["one", "two"]
        assert any(one.line == line and "breaks off" in one.message for one in found.problems)

    def test_half_a_letter_at_the_end(self):
        whole = "Ana: sí\nBen: así".encode()

        found = parse(whole[:-1], "a.txt")

        assert found.utterances[1].text == "as"
        assert [(one.line, one.message[:22]) for one in found.problems] == [(2, "the file breaks off in")]

    def test_cut_json_and_cut_word_files_are_refused_and_say_so(self):
        whole = json.dumps({"segments": [{"start": 1, "end": 2, "text": "maji", "speaker": "A"}] * 3})

        with pytest.raises(UnreadableTranscript, match="breaks off or errs"):
            parse(whole[:-9].encode(), "a.json")
        with pytest.raises(UnreadableTranscript, match="save it again"):
            parse(a_docx([("A", " x")])[:-400], "a.docx")

    @given(st.integers(0, len(CUES)))
    @settings(max_examples=60, deadline=None)
    def test_no_cut_gives_a_silent_empty_result(self, length):
        if "-->" not in CUES[:length]:
            with pytest.raises(NoUtterances):
                parse(CUES[:length].encode(), "a.vtt")
            return

        assert parse(CUES[:length].encode(), "a.vtt").utterances


class TestNobodySpeaks:
    @pytest.mark.parametrize(
        ("content", "name"),
        [
            ("WEBVTT\n", "a.vtt"),
            ("WEBVTT\nKind: captions\n\nNOTE made by a machine\n", "a.vtt"),
            ('{"segments": []}', "a.json"),
            ('{"text": "", "segments": [], "language": "sw"}', "a.json"),
        ],
    )
    def test_a_tape_without_speech_is_told_from_a_broken_file(self, content, name):
        with pytest.raises(NoUtterances, match="listen to the recording"):
            parse(content.encode(), name)


class TestLetters:
    SAID = "Ana: ¿Cuánto cuesta el mercurio aquí?\nBen: Não há água; l’été « coûte » déjà – señor.\n"

    @pytest.mark.parametrize("encoding", ["cp1252", "mac-roman"])
    def test_western_european_is_told_apart_and_said(self, encoding):
        found = parse(self.SAID.encode(encoding), "a.txt")

        assert " ".join(one.text for one in found.utterances) in " ".join(self.SAID.split()).replace(
            "Ana: ", ""
        ).replace("Ben: ", "")
        assert found.problems[0].line == 1
        assert "Western European" in found.problems[0].message

    def test_a_file_put_together_from_two_is_read_line_by_line(self):
        both = "Ana: así fue\n".encode() + "Ben: así será\n".encode("latin-1") + "Ana: sí\n".encode()

        found = parse(both, "a.txt")

        assert [one.text for one in found.utterances] == ["así fue", "así será", "sí"]
        assert [one.line for one in found.problems] == [2]

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
    def test_utf_16_without_a_mark_of_a_script_that_is_not_latin(self, encoding):
        text = "Asha: ውሃ የለንም እዚህ አካባቢ በጣም ሩቅ ነው\nBen: አዎ እውነት ነው\n"

        assert [one.text for one in parse(text.encode(encoding), "a.txt").utterances][1] == "አዎ እውነት ነው"

    def test_nuls_and_marks_in_the_middle_are_left_out_and_said(self):
        found = parse("\ufeffAna: u\0no\n\ufeffBen: dos\0\0\n".encode(), "a.txt")

        assert [(one.speaker, one.text) for one in found.utterances] == [("Ana", "uno"), ("Ben", "dos")]
        assert "NUL" in found.problems[0].message

    def test_line_ends_of_every_kind_count_as_one_line_each(self):
        text = "WEBVTT\r\n\r\n00:01.000 --> 00:02.000\rA: one\r\r00:03.000 --> 00:02.000\nA: two\n"

        assert lines(text) == [6]
        assert [one[3] for one in spoken(text, "a.vtt")] == ["one", "two"]

    @given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=60))
    @settings(max_examples=60, deadline=None)
    def test_utf_8_is_never_taken_for_anything_else(self, words):
        found = parse(f"Ana: x {words} x".encode(), "a.txt")

        assert not [one for one in found.problems if "read as" in one.message]


class TestWordFiles:
    def test_teams_writes_name_time_and_words_into_one_paragraph(self):
        document = docx.Document()
        for name, clock, words in [("Asha Juma", "0:05", "Hatuna maji."), ("Ben", "1:02:03", "Kweli.")]:
            paragraph = document.add_paragraph()
            paragraph.add_run(name).bold = True
            paragraph.add_run(f"   {clock}\n{words}")
        content = BytesIO()
        document.save(content)

        assert spoken(content.getvalue(), "a.docx") == [
            ("Asha Juma", 5.0, None, "Hatuna maji."),
            ("Ben", 3723.0, None, "Kweli."),
        ]

    def test_a_small_table_does_not_hide_what_is_said_beside_it(self):
        content = a_docx(
            paragraphs=[("Asha", " Hatuna maji hapa kijijini, ni mbali sana."), ("Ben", " Kweli kabisa.")],
            table=[["Moderator", "Juma Ali"], ["Writer", "Neema"]],
        )

        found = parse(content, "a.docx")

        assert [one.speaker for one in found.utterances] == ["Asha", "Ben"]
        assert "in a table" in found.problems[0].message

    def test_words_beside_a_table_of_speech_are_not_lost_in_silence(self):
        rows = [["0:05", "Asha", "Hatuna maji hapa kabisa"], ["0:09", "Ben", "Yes, I heard that too"]]

        found = parse(a_docx(paragraphs=[("", "Katoro, 1 March")], table=rows), "a.docx")

        assert len(found.utterances) == 2
        assert found.problems[0].message == "words outside the table were left out: Katoro, 1 March"


class TestJson:
    def test_two_voices_under_one_name_are_pointed_at(self):
        one = {"start": 0, "end": 1, "text": "a", "speaker_id": "s0", "speaker": {"name": "Lara"}}

        two = one | {"start": 1, "end": 2, "speaker_id": "s1"}

        found = parse(json.dumps({"segments": [one, two]}).encode(), "a.json")

        assert [(p.line, "two voices (s0, s1)" in p.message) for p in found.problems] == [(2, True)]


DEBATE = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE akomaNtoso [<!ENTITY secret SYSTEM "file:///etc/passwd"><!ENTITY many "x">]>
<akomaNtoso xmlns="http://docs.oasis-open.org/legaldocml/ns/akn/3.0"><debate name="r">
<meta><references><TLCPerson eId="Ortiz" href="/p/1" showAs="José Ortiz"/></references></meta>
<debateBody><debateSection name="Cuenta"><heading>Cuenta</heading>
<narrative>-Se abre la sesión.</narrative>
<speech by="#Ortiz" startTime="2006-06-15T10:00:05" endTime="2006-06-15T10:00:09">
<from>El señor ORTIZ.-</from><p>Señor Presidente, el <b>agua</b> &amp; la tierra.</p>
<p>He dicho &secret;.</p></speech>
<speech by="#persona"><from>La señora <person>LARA</person> (Secretaria).- </from><p>Gracias.</p></speech>
</debateSection></debateBody></debate></akomaNtoso>
"""


class TestAkomaNtoso:
    def test_speech_by_speaker_and_what_is_told_between(self):
        assert [(one.speaker, one.start, one.text) for one in parse(DEBATE.encode(), "d.xml").utterances] == [
            (None, None, "-Se abre la sesión."),
            ("José Ortiz", 0.0, "Señor Presidente, el agua & la tierra. He dicho &secret;."),
            ("La señora LARA (Secretaria)", None, "Gracias."),
        ]

    def test_what_nobody_said_is_left_out_by_line(self):
        assert told(DEBATE, "d.xml") == [(5, "nobody's words, left out: Cuenta")]

    def test_other_xml_and_broken_xml_are_refused_kindly(self):
        with pytest.raises(UnreadableTranscript, match="no debate in Akoma Ntoso"):
            parse(b"<?xml version='1.0'?><tt><p>x</p></tt>", "d.xml")
        with pytest.raises(UnreadableTranscript, match="breaks off or errs at line"):
            parse(DEBATE[:-60].encode(), "d.xml")


class TestWorkable:
    def test_what_one_voice_says_is_joined_no_further_than_can_be_worked_on(self):
        cues = [Utterance("A", n, n + 1, "ten letters", n) for n in range(10)]

        joined = join(cues, longest=30)

        assert [len(one.originals) for one in joined] == [2, 2, 2, 2, 2]
        assert [one.start for one in joined] == [0, 2, 4, 6, 8]
        assert all(len(one.text) <= 30 for one in joined)

    def test_a_cue_of_many_minutes_is_cut_at_its_sentences_and_its_seconds_estimated(self):
        text = " ".join(["The water is dear.", "It is far."] * 10)

        pieces, [problem] = cut([Utterance("A", 0.0, 100.0, text, 7)], 60)

        assert " ".join(one.text for one in pieces) == text
        assert all(one.text.endswith(".") and len(one.text) <= 60 for one in pieces)
        assert [pieces[0].start, pieces[-1].end] == [0.0, 100.0]
        assert all(one.end == after.start for one, after in itertools.pairwise(pieces))
        assert (problem.line, "estimated" in problem.message) == (7, True)

    @given(st.text("ab .!?", max_size=300), st.integers(1, 40))
    @settings(max_examples=80, deadline=None)
    def test_no_word_is_lost_by_cutting(self, text, longest):
        said = " ".join(text.split())

        pieces, _ = cut([Utterance("A", None, None, said, 1)], longest)

        assert " ".join(one.text for one in pieces).split() == said.split()
