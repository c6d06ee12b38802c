"""Killed at any step, nothing that was acknowledged is lost and nothing leaves twice.

`BARAZA_SOAK_TEXTS` makes the long campaign shorter or longer than ten thousand texts.
"""

import os
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlmodel import select

from consult import config as configuration
from consult import db
from consult.outgoing import sending
from consult.tables.messages import MessageRow, MessageState
from tests.soak.campaign import REPEATED, Campaign
from tests.standins import twilio_server

TEXTS = int(os.environ.get("BARAZA_SOAK_TEXTS", "10000"))


@pytest.fixture
def campaign(request: pytest.FixtureRequest, config: configuration.Config, engine: sa.Engine, capsys):
    texts, kills, repeats = request.param
    with twilio_server.serving() as provider:
        account = configuration.Twilio(
            account=provider.account,
            tokens=(provider.token,),
            number=twilio_server.OURS,
            api_base=provider.url,
        )
        yield Campaign(replace(config, twilio=account), provider, texts, kills, repeats)
    sending.use(None)


@pytest.mark.parametrize(
    "campaign",
    [
        pytest.param((100, 2, 100), id="a-hundred"),
        pytest.param((TEXTS, max(TEXTS // 250, 2), 1000), id="thousands", marks=pytest.mark.soak),
    ],
    indirect=True,
)
def test_killed_at_random_steps_every_text_is_kept_once_and_every_message_leaves_once(campaign):
    campaign.run()

    kept, accepted, states = campaign.kept, campaign.accepted, campaign.states
    assert set(campaign.acknowledged) == set(kept)
    assert kept.most_common(1)[0][1] == 1
    assert kept[REPEATED] == 1
    assert campaign.faults == []
    assert accepted.most_common(1)[0][1] == 1
    assert set(states) <= {MessageState.SENT, MessageState.DELIVERED, MessageState.UNKNOWN}
    assert states.total() == campaign.texts + 1
    with db.reading() as session:
        left = {str(id_) for id_ in session.exec(select(MessageRow.id).where(MessageRow.state != "unknown"))}
    assert left <= set(accepted)
    print(
        f"\n{campaign.texts} texts, {sum(one.kills for one in campaign.programs)} kills: "
        f"{campaign.unknown} of unknown fate, {states[MessageState.UNKNOWN]} after asking, 0 known doubles"
    )
