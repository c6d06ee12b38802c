"""Hearing a recording beside its text in a real browser: times that jump, keys, and what browsers record."""

import pytest

from tests.journeys.looking import a_page

pytestmark = pytest.mark.browser
LISTEN = "() => { const a = document.querySelector('audio'); return [a.currentTime, a.paused, a.duration]; }"
RECORD = """async () => {
  const context = new AudioContext();
  await context.resume();
  const tone = context.createOscillator(), ear = context.createMediaStreamDestination();
  tone.connect(ear);
  tone.start();
  const recorder = new MediaRecorder(ear.stream, { mimeType: "audio/webm;codecs=opus" });
  const stretches = [];
  recorder.ondataavailable = (event) => stretches.push(event.data);
  const ended = new Promise((done) => { recorder.onstop = done; });
  recorder.start(500);
  await new Promise((done) => setTimeout(done, 2500));
  recorder.stop();
  await ended;
  const bytes = new Uint8Array(await new Blob(stretches).arrayBuffer());
  return btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join(""));
}"""


@pytest.fixture(scope="module")
def workshop(site):
    return site.at("/desk/workshops/{workshop}")


def test_an_utterance_jumps_to_its_second_and_p_plays_and_pauses(secretary, workshop):
    with a_page(secretary) as (page, complaints):
        page.goto(f"{workshop}/utterances")
        seconds = page.evaluate("() => JSON.parse(document.querySelector('[data-player]').dataset.seconds)")
        utterance, second = next((id_, second) for id_, second in seconds.items() if second > 5)
        page.click(f".time[data-utterance='{utterance}']")
        page.wait_for_function("second => document.querySelector('audio').currentTime > second", arg=second)

        at, paused, _length = page.evaluate(LISTEN)
        page.keyboard.press("p")

        assert not paused
        assert second < at < second + 5
        page.wait_for_function("() => document.querySelector('audio').paused")
        assert f"{workshop}/utterances" in page.url
        assert complaints == []


def test_in_hand_it_plays_from_its_own_second(secretary, workshop):
    with a_page(secretary) as (page, complaints):
        page.goto(f"{workshop}/utterances")
        seconds = page.evaluate("() => JSON.parse(document.querySelector('[data-player]').dataset.seconds)")
        utterance, second = next((id_, second) for id_, second in seconds.items() if second > 5)
        page.goto(f"{workshop}/utterances?at={utterance}")
        page.keyboard.press("p")
        page.wait_for_function("second => document.querySelector('audio').currentTime > second", arg=second)

        assert page.evaluate(LISTEN)[0] < second + 5
        assert complaints == []


def test_what_a_browser_recorded_has_a_length_and_can_be_jumped_in(secretary, workshop):
    """A MediaRecorder writes no length and no index: the player finds both."""
    with a_page(secretary) as (page, complaints):
        page.goto(f"{workshop}/recordings")
        import base64

        sound = base64.b64decode(page.evaluate(RECORD))
        file = {"name": "evening.webm", "mimeType": "audio/webm", "buffer": sound}
        page.set_input_files("#file", file)
        page.fill("#title", "Evening")
        page.click("text=Bring it in")
        name = page.url.rpartition("#r-")[2]
        page.goto(f"{workshop}/recordings?recording={name}&at=1.5")
        audio = f"document.querySelector('#r-{name} audio')"
        page.wait_for_function(f"() => Number.isFinite({audio}.duration) && {audio}.currentTime === 1.5")

        assert 2 < page.evaluate(f"() => {audio}.duration") < 4
        assert complaints == []
