"""Two texts that grew from one, and the choices left to a person."""

from dataclasses import replace

import pytest

from consult.drafting.collisions import Meeting, NotChosen
from standards.document import Attributes, ClauseText, Grade

BASE = ClauseText("Retorts", "The group shall own one retort. It shall be clean.")


class TestMeeting:
    def test_changes_in_different_places_need_no_choice(self):
        mine = replace(BASE, body="The group shall own two retorts. It shall be clean.")
        theirs = replace(BASE, heading="Good retorts", grade=Grade.IMPROVEMENT)

        text = Meeting(BASE, mine, theirs).decided({})

        assert text == replace(theirs, body=mine.body)

    @pytest.mark.parametrize(
        ("choice", "words"),
        [
            ({"body-0": "mine"}, "The group shall own two retort."),
            ({"body-0": "theirs"}, "The group shall own ten retort."),
            ({"body-0": "third", "body-0-third": "The group shall own some."}, "The group shall own some."),
        ],
    )
    def test_where_both_changed_the_same_words_a_person_chooses(self, choice, words):
        mine = replace(BASE, body=BASE.body.replace("one", "two"))
        theirs = replace(BASE, body=BASE.body.replace("one", "ten"))

        assert Meeting(BASE, mine, theirs).decided(choice).body == f"{words} It shall be clean."

    def test_without_a_choice_the_places_are_named(self):
        mine = replace(BASE, body=BASE.body.replace("one", "two"), attributes=Attributes(risk="high"))
        theirs = replace(BASE, body=BASE.body.replace("one", "ten"), attributes=Attributes(risk="low"))

        with pytest.raises(NotChosen) as refusal:
            Meeting(BASE, mine, theirs).decided({"body-0": "perhaps"})

        assert refusal.value.fields == ["body-0", "particular-risk"]

    def test_a_disputed_particular_is_chosen_too(self):
        mine = replace(BASE, attributes=Attributes(risk="high", topic="air"))
        theirs = replace(BASE, attributes=Attributes(risk="low", cost="much"))

        text = Meeting(BASE, mine, theirs).decided({"particular-risk": "theirs"})

        assert text.attributes == Attributes(risk="low", topic="air", cost="much")
