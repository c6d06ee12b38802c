"""The demonstration's code for gold shops: every standing of a judgement can be seen in it."""

from collections import Counter

from standards import recognition_store
from standards.combining import combined, common_core
from standards.recognition import Extent, Standing, coverage


def test_the_village_code_shows_what_is_reviewed_half_open_and_stale(demonstrated, session, now):
    pair = recognition_store.pair_called(session, "rag@2.0", "village-gold@1.0")
    sides, on = (pair.ours.side, pair.theirs.side), now.date()

    kept = recognition_store.kept(session, pair, on)
    edges = [one.edge for one in kept]

    standings = Counter(one.standing for one in kept)
    assert standings.pop(Standing.UNREVIEWED) > 0
    assert standings == {Standing.REVIEWED: 9, Standing.HALF: 1, Standing.STALE: 1}
    assert coverage(*sides, edges, on).of_theirs[Extent.MET] == 5
    found = combined(sides, edges, on)
    assert found.saved == 6
    kept_for = next(item for item in found.items if item.lead.clause.text.heading == "Slips for every sale")
    assert [held.parameter.shown for held in kept_for.parameters] == ["730\N{NO-BREAK SPACE}days"]
    assert len(common_core(sides, edges, on)) == 3
