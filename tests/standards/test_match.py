import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from standards.document import Clause, ClauseText, Document, Imported, ImportedClause, Scheme
from standards.identity import new_id
from standards.lineage import Relation
from standards.match import Given, Matched, match, match_documents

MERCURY = "Mercury must be kept in closed steel flasks away from kitchens and sleeping places"
WELLS = "Wells for drinking water must be covered and stand uphill of the amalgamation pond"
SHAFTS = "Shafts deeper than two metres need a ladder and a rope held by a second person"


def a_text(*clauses: tuple[str, str], parents: tuple[str, ...] = ("Site",)) -> list[Given]:
    return [Given(id_, number=id_, title="", text=text, parents=parents) for id_, text in clauses]


def became(entries: list[Matched]) -> dict[str | None, tuple[str, Relation | None, tuple[str, ...]]]:
    return {entry.old: (entry.decision, entry.relation, entry.new) for entry in entries}


class TestMatch:
    def test_the_same_words_are_the_same_clause_whatever_the_number(self) -> None:
        old = a_text(("1", MERCURY), ("2", WELLS))
        new = a_text(("1", WELLS), ("2", SHAFTS), ("3", MERCURY))

        found = became(match(old, new))

        assert found["1"] == ("decided", Relation.SAME, ("3",))
        assert found["2"] == ("decided", Relation.SAME, ("1",))
        assert found[None] == ("none", Relation.NEW, ("2",))

    def test_under_another_parent_it_moved(self) -> None:
        (entry,) = match(a_text(("1", MERCURY)), a_text(("7", MERCURY), parents=("Storage",)))

        assert (entry.relation, entry.new) == (Relation.MOVED, ("7",))

    def test_in_a_section_that_was_only_renamed_nothing_moved(self) -> None:
        clauses = ("1", MERCURY), ("2", WELLS), ("3", SHAFTS)

        entries = match(a_text(*clauses), a_text(*clauses, parents=("The site",)))

        assert {entry.relation for entry in entries} == {Relation.SAME}

    def test_a_few_words_changed_is_reworded(self) -> None:
        old = a_text(("1", MERCURY), ("2", WELLS), ("3", SHAFTS))
        new = a_text(("4", SHAFTS), ("5", WELLS), ("6", MERCURY.replace("steel flasks", "steel containers")))

        assert became(match(old, new))["1"] == ("decided", Relation.REWORDED, ("6",))

    def test_a_clause_cut_in_two_is_split(self) -> None:
        old = a_text(("1", f"{MERCURY}. {WELLS}."), ("2", SHAFTS))
        new = a_text(("1", SHAFTS), ("2", MERCURY), ("3", WELLS))

        entry = match(old, new)[0]

        assert entry.relation is Relation.SPLIT
        assert set(entry.new) == {"2", "3"}

    def test_two_clauses_in_one_are_merged(self) -> None:
        old = a_text(("1", MERCURY), ("2", WELLS), ("3", SHAFTS))
        new = a_text(("1", SHAFTS), ("2", f"{MERCURY}. {WELLS}."))

        found = became(match(old, new))

        assert found["1"] == ("decided", Relation.MERGED, ("2",))
        assert found["2"] == ("decided", Relation.MERGED, ("2",))

    def test_a_withdrawn_clause_is_attached_to_nothing(self) -> None:
        old = a_text(("1", MERCURY), ("2", WELLS))
        new = a_text(("1", MERCURY), ("2", SHAFTS))

        assert became(match(old, new))["2"][0] != "decided"

    def test_a_text_that_stands_twice_is_decided_only_where_its_section_tells(self) -> None:
        old = [Given("a", text=WELLS, parents=("Camp",)), Given("b", text=WELLS, parents=("Pit",))]
        new = [Given("c", text=WELLS, parents=("Pit",)), Given("d", text=WELLS, parents=("Village",))]

        found = became(match(old, new))

        assert found["b"] == ("decided", Relation.SAME, ("c",))

    def test_what_is_undecided_comes_with_at_most_five_suggestions_best_first(self) -> None:
        new = a_text(*((str(n), f"{WELLS} at site {n}") for n in range(1, 9)))

        (entry, *_) = match(a_text(("1", WELLS)), new)

        assert entry.decision == "suggested"
        assert len(entry.suggestions) == 5
        scores = [suggestion.score for suggestion in entry.suggestions]
        assert scores == sorted(scores, reverse=True)

    def test_headings_without_text_match_by_their_place(self) -> None:
        old = [Given("s1", title="Scope"), Given("s2", title="Water and waste")]
        new = [Given("n1", title="Water and waste"), Given("n2", title="Scope")]

        found = became(match(old, new))

        assert found["s1"][2] == ("n2",)
        assert found["s2"][2] == ("n1",)

    @pytest.mark.parametrize(("old", "new"), [((), ()), ((Given("1"),), ()), ((), (Given("1"),))])
    def test_empty_texts_match_nothing(self, old: tuple[Given, ...], new: tuple[Given, ...]) -> None:
        assert all(entry.decision == "none" for entry in match(old, new))

    def test_the_lines_other_programs_read(self) -> None:
        old, new = a_text(("1", MERCURY), ("2", SHAFTS)), a_text(("5", MERCURY), ("6", WELLS))

        first, second, *rest = (entry.as_json() for entry in match(old, new))

        assert list(first) == ["old", "decision", "relation", "new", "suggestions"]
        assert (first["old"], first["decision"], first["relation"]) == ("1", "decided", "same")
        assert first["suggestions"][0]["id"] == "5"
        assert (second["new"], second["relation"]) == ([], None)
        assert rest == [{"old": None, "relation": "new", "new": ["6"]}]


class TestMatchDocuments:
    def test_an_import_keeps_the_ids_of_clauses_it_surely_has(self) -> None:
        ids = [new_id(), new_id()]
        old = Document(
            "A standard",
            "en",
            clauses=tuple(Clause(i, ClauseText("", t)) for i, t in zip(ids, (MERCURY, WELLS), strict=True)),
        )
        new = Imported(
            "A standard",
            "en",
            Scheme.DECIMAL,
            (ImportedClause("k1", ClauseText("", SHAFTS)), ImportedClause("k2", ClauseText("", MERCURY))),
        )

        found = match_documents(old, new)

        assert found.decided == {"k2": ids[0]}
        assert {ids[1]} >= set(found.suggestions)


class TestRealLineage:
    """OWASP ASVS 4.0.3 to 5.0.0, against the authors' own map of its odd chapters."""

    @pytest.fixture
    def outcome(
        self, corpora: Callable[[str], Path]
    ) -> tuple[dict[str, tuple[str, list[str]]], dict[str, Matched]]:
        folder = corpora("standards/asvs")
        mapping = (folder / "mapping_v4.0.3_to_v5.0.0.odd-chapters.yml").read_text(encoding="utf-8")
        truth = {
            number: (tag, re.findall(r"v5\.0\.0-([\d.]+)", tag))
            for number, tag in re.findall(r"v4\.0\.3-([\d.]+):\n  tag-v5\.0\.0: (.*)", mapping)
        }
        old, new = (self.requirements(folder / f"asvs-{v}-en.flat.json") for v in ("4.0.3", "5.0.0"))
        return truth, {entry.old: entry for entry in match(old, new) if entry.old is not None}

    @staticmethod
    def requirements(path: Path) -> list[Given]:
        read = json.loads(path.read_text(encoding="utf-8"))
        rows = read if isinstance(read, list) else read["requirements"]
        return [
            Given(
                id=row["req_id"][1:],
                number=row["req_id"][1:],
                title=row["section_name"],
                text=row["req_description"],
                parents=(row["chapter_name"],),
            )
            for row in rows
        ]

    def test_most_that_went_on_are_decided_and_hardly_one_wrongly(
        self, outcome: tuple[dict[str, tuple[str, list[str]]], dict[str, Matched]]
    ) -> None:
        truth, found = outcome
        # What was deleted because another requirement covers it left no text to be found.
        went_on = {n for n, (tag, to) in truth.items() if to and not re.search("COVERED|DEPRECATED", tag)}
        decided = {
            n: set(found[n].new) for n, (_, to) in truth.items() if to and found[n].decision == "decided"
        }
        right = {n for n, new in decided.items() if new <= set(truth[n][1])}

        assert len(right & went_on) / len(went_on) >= 0.55
        assert len(decided.keys() - right) / len(truth) <= 0.01

    def test_nothing_withdrawn_is_attached(
        self, outcome: tuple[dict[str, tuple[str, list[str]]], dict[str, Matched]]
    ) -> None:
        truth, found = outcome

        assert [n for n, (_, to) in truth.items() if not to and found[n].decision == "decided"] == []

    def test_the_right_clause_is_mostly_among_the_first_three(
        self, outcome: tuple[dict[str, tuple[str, list[str]]], dict[str, Matched]]
    ) -> None:
        truth, found = outcome
        moved = {n: to for n, (tag, to) in truth.items() if to and "DELETED" not in tag}
        seen = [n for n, to in moved.items() if {s.id for s in found[n].suggestions[:3]} & set(to)]

        assert len(seen) / len(moved) >= 0.9
