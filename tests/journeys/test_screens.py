"""The list of screens is whole: a page that nobody looks at cannot be added unnoticed."""

from flask import Flask

from tests.journeys import screens

NO_SCREENS = ("api.", "field.", "operations.", "twilio.", "static", "language.choose")
FILES = (
    "conversations.figures_file",
    "drafting.attribute_sheet",
    "feasibility.file",
    "field_page.worker",
    "field_page.app",
    "field_page.words",
    "field_page.pairing",
    "local_texts.export",
    "local_public.register_file",
    "local_public.matrix_file",
    "recordings.sound",
    "reports.public_file",
    "reports.desk_file",
    "reports.table",
    "profiles.checklist",
    "recognition.table",
    "recognition.together_file",
    "standards.download",
    "workshops.minutes_file",
    "workshops.minutes_photo",
    "workshops.results_file",
    "workshops.photograph",
)
# Reached only by an act or with a secret, or leading on to another page; those after an act are looked at
# in `test_browser.py`.
AFTER_AN_ACT = {
    "drafting.look_at_sheet",
    "importing.look",
    "workshops.look",
    "pilots.look_through",
    "local_moves.settle_form",
    "local_texts.newest",
    "account.password",
}


def test_every_page_there_is_stands_in_the_list(demonstration_app: Flask) -> None:
    addresses = demonstration_app.url_map.bind("localhost")
    paths = [path.partition("?")[0] for path in (*screens.PUBLIC, *screens.DESK)]
    names = {
        "clause": str(screens.ANY),
        "comment": str(screens.ANY),
        "workshop": str(screens.ANY),
        "pilot": str(screens.ANY),
        "alias": "P-1",
        "concern": str(screens.ANY),
        "wording": str(screens.ANY),
        "broadcast": str(screens.ANY),
        "drafted": str(screens.ANY),
    }
    listed = {addresses.match(path.format(**names), "GET")[0] for path in paths}

    pages = {
        rule.endpoint
        for rule in demonstration_app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith((*NO_SCREENS, *FILES))
    }

    assert pages - listed - AFTER_AN_ACT == set()
