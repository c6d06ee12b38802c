"""OSCAL catalogues: groups, controls, statements, guidance, values, methods of assessment."""

import json
from copy import deepcopy

import pytest

from standards.document import Level, Modality
from standards.errors import UnreadableFile
from standards.exchange import check_nothing_lost, read_file
from standards.markdown import plain

CONTROL = {
    "id": "ac-7",
    "title": "Unsuccessful Logon Attempts",
    "params": [
        {"id": "ac-7_odp.01", "label": "number"},
        {"id": "ac-7_odp.02", "label": "time period", "values": ["one hour"]},
        {
            "id": "ac-7_odp.03",
            "select": {
                "how-many": "one-or-more",
                "choice": ["lock the account", "wait {{ insert: param, ac-7_odp.02 }}"],
            },
        },
    ],
    "props": [
        {"name": "label", "value": "AC-07", "class": "zero-padded"},
        {"name": "label", "value": "AC-7"},
    ],
    "parts": [
        {
            "name": "statement",
            "prose": "The system shall:",
            "parts": [
                {
                    "name": "item",
                    "props": [{"name": "label", "value": "a."}],
                    "prose": "Allow {{ insert: param, ac-7_odp.01 }} attempts in "
                    "{{ insert: param, ac-7_odp.02 }}; then {{ insert: param, ac-7_odp.03 }}.",
                }
            ],
        },
        {"name": "guidance", "prose": "Attempts by robots count too."},
        {"name": "assessment-objective", "prose": "attempts are limited;"},
        {
            "name": "assessment-method",
            "props": [{"name": "method", "value": "INTERVIEW"}],
            "parts": [{"name": "assessment-objects", "prose": "System\n\nadministrators"}],
        },
    ],
    "controls": [
        {"id": "ac-7.1", "title": "Phones", "parts": [{"name": "statement", "prose": "Wipe phones."}]}
    ],
}
CATALOG = {
    "catalog": {
        "metadata": {"title": "A catalogue"},
        "groups": [{"id": "ac", "title": "Access Control", "controls": [CONTROL]}],
    }
}


def read(value, name="a.json"):
    return read_file(json.dumps(value).encode(), name)


def test_groups_controls_guidance_and_enhancements_become_a_tree():
    imported = read(CATALOG)

    found = [(c.key, c.parent, c.text.level, c.text.declared_number) for c in imported.clauses]
    assert imported.title == "A catalogue"
    assert found == [
        ("ac", None, Level.SECTION, ""),
        ("ac-7", "ac", Level.CRITERION, "AC-7"),
        ("ac-7.guidance", "ac-7", Level.GUIDANCE, ""),
        ("ac-7.1", "ac-7", Level.CRITERION, ""),
    ]


def test_a_control_requires_though_it_says_no_shall():
    control = read(CATALOG).clauses[3]

    assert (control.text.body, control.text.modality) == ("Wipe phones.", Modality.REQUIREMENT)


def test_values_are_parameters_and_read_as_the_catalogue_prints_them():
    text = read(CATALOG).clauses[1].text

    assert [parameter.label for parameter in text.parameters] == ["number", "time period", ""]
    assert plain(text) == (
        "The system shall:\na. Allow [Assignment: number] attempts in one hour; "
        "then [Selection (one or more): lock the account; wait one hour]."
    )


def test_methods_of_assessment_become_verifiers():
    (verifier,) = read(CATALOG).clauses[1].text.attributes.verifiers

    assert (verifier.type, verifier.text) == ("interview", "System administrators")


def test_what_was_left_out_is_told_and_nothing_else_is_lost():
    imported = read(CATALOG)

    assert [finding.message.split(" ")[0] for finding in imported.findings] == ["1"]
    assert check_nothing_lost(imported) == []


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda c: c.update(groups=[]), "without any control"),
        (lambda c: c["groups"][0]["controls"].append({"title": "No id"}), "something amiss at"),
        (
            lambda c: c["groups"][0]["controls"].append({"id": "ac-7"}),
            "two controls or groups with the id ac-7",
        ),
        (lambda c: c.update(groups="none"), "something amiss at “groups”"),
    ],
)
def test_a_broken_catalogue_is_refused_in_words(break_it, told):
    broken = deepcopy(CATALOG)
    break_it(broken["catalog"])

    with pytest.raises(UnreadableFile, match=told):
        read(broken)


def test_a_value_that_names_itself_comes_to_an_end():
    looped = deepcopy(CATALOG)
    choice = looped["catalog"]["groups"][0]["controls"][0]["params"][2]["select"]["choice"]
    choice.append("{{ insert: param, ac-7_odp.03 }}")

    assert "[Assignment: ac-7_odp.03]" in plain(read(looped).clauses[1].text)


def test_the_low_baseline_of_nist_is_read_whole(corpora):
    data = (corpora("standards/nist-800-53") / "rev5-low-catalog.json").read_bytes()

    imported = read_file(data, "rev5-low-catalog.json")

    by_key = {clause.key: clause for clause in imported.clauses}
    assert sum(clause.text.modality is Modality.REQUIREMENT for clause in imported.clauses) == 149
    assert by_key["ia-5.1"].parent == "ia-5"
    assert by_key["ia-5.1"].text.declared_number == "IA-5(1)"
    assert check_nothing_lost(imported) == []
