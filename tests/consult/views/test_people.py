"""People who may sign in, as the secretary looks after them."""

from sqlmodel import select

from consult import db
from consult.tables.messages import MessageRow
from consult.tables.people import PersonRow


def everyone():
    with db.reading() as session:
        return {person.email: person for person in session.exec(select(PersonRow))}


def test_someone_is_added_and_sent_a_link(signed_in):
    client = signed_in("secretary")

    page = client.post(
        "/desk/people", data={"email": "juma@example.org", "role": "facilitator", "name": "Juma"}
    )

    assert page.status_code == 302
    assert everyone()["juma@example.org"].role.value == "facilitator"
    with db.reading() as session:
        (letter,) = session.exec(select(MessageRow)).all()
    assert "/password/" in letter.words


def test_an_address_that_is_none_is_shown_again_with_what_was_typed(signed_in):
    page = signed_in("secretary").post(
        "/desk/people", data={"email": "juma", "role": "drafter", "name": "Juma"}
    )

    assert page.status_code == 400
    assert 'value="juma"' in page.text
    assert 'value="Juma"' in page.text


def test_someone_shut_out_can_no_longer_look(signed_in):
    drafter = signed_in("drafter", email="d@example.org")
    secretary = signed_in("secretary")
    assert drafter.get("/desk/standards/").status_code == 200

    secretary.post(f"/desk/people/{everyone()['d@example.org'].id}/door")

    assert drafter.get("/desk/standards/").status_code == 302


def test_nobody_shuts_themselves_out(signed_in):
    secretary = signed_in("secretary", email="s@example.org")

    secretary.post(f"/desk/people/{everyone()['s@example.org'].id}/door")

    assert everyone()["s@example.org"].disabled_at is None


def test_others_do_not_see_who_may_sign_in(signed_in):
    for role in ("drafter", "facilitator", "auditor", "working-group"):
        assert signed_in(role).get("/desk/people").status_code == 403
