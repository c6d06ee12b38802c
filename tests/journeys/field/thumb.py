"""What a facilitator's thumb does on the field page, screen by screen."""

import io

from PIL import Image
from playwright.sync_api import expect

GO = """async (hash) => {
    const before = document.querySelector('main h1');
    location.hash = hash;
    const soon = () => new Promise((done) => setTimeout(done, 10));
    while (before.isConnected || !document.querySelector('main h1')) await soon();
}"""


def go(page, address):
    """Go to a screen of the page, and wait until it is there."""
    page.evaluate(GO, address)


def press(page, words):
    page.get_by_role("button", name=words, exact=True).first.click()


def agree(page, workshop, *abouts):
    """The group agrees, on the screen where it is asked."""
    go(page, f"#/m/{workshop}/consents")
    for about in abouts:
        page.check(f"input[name=answer-{about}][value=given]")
        page.locator(f"input[name=how-{about}]").first.wait_for()


def signs_in_and_brings(page, site, place):
    """The first time: sign in, make the phone known, bring a meeting onto it."""
    page.goto("/field/")
    page.get_by_role("link", name="Make this phone known").click()
    page.locator("main .notice").get_by_role("link", name="Sign in").click()
    page.fill("#email", "facilitator@baraza.example")
    page.fill("#password", site.signs_in["facilitator@baraza.example"])
    page.click("main button.button")
    page.fill("#label-of-phone", "Blue Tecno")
    press(page, "Make this phone known")
    press(page, f"Bring {place} onto this phone")
    page.get_by_role("link", name=place).wait_for()
    go(page, "#/device")
    page.get_by_text("This page opens without a network.").wait_for()
    go(page, "#/")


def counts_who_came(page, workshop):
    go(page, f"#/m/{workshop}/people")
    miners = page.get_by_role("group", name="Pit miners")
    for _ in range(3):
        press(miners, "One more: People")
    press(miners, "One more: Of them women")
    expect(page.locator(".figure-line")).to_have_text("People: 3")


def takes_a_note(page, workshop):
    go(page, f"#/m/{workshop}")
    page.fill("#note", "Mvua ikinyesha!")
    page.get_by_label("Pit miners").check()
    page.get_by_label("Lone voice").check()
    page.get_by_text("Another clause").click()
    page.fill("#search", "7.1")
    page.locator(".found button").first.click()
    press(page, "Keep this note")
    expect(page.locator("#note")).to_be_focused()
    expect(page.locator("#note")).to_have_value("")
    page.locator("article").get_by_role("link", name="Read aloud").click()
    expect(page.locator("blockquote")).to_have_text("Mvua ikinyesha!")
    press(page, "They agreed")
    expect(page.locator("article")).to_contain_text("Read back")


def votes(page, workshop):
    go(page, f"#/m/{workshop}/votes")
    page.get_by_role("navigation", name="Planned votes").get_by_role("link").click()
    expect(page.locator("#options")).not_to_have_value("")
    page.fill("#question", "One retort for how many?")
    page.fill("#options", "One for 40\nOne for 15")
    page.fill("#dots", "3")
    press(page, "Go on to the dots")
    for option, dots in (("One for 40", "2"), ("One for 15", "6")):
        page.get_by_label(option, exact=True).fill(dots)
        page.get_by_label(option, exact=True).press("Tab")
    expect(page.locator(".figure-line")).to_contain_text("8 placed, 1 left.")
    page.get_by_label("One for 15", exact=True).fill("9")
    page.get_by_label("One for 15", exact=True).press("Tab")
    expect(page.locator(".notice")).to_contain_text("Pit miners: 11 dots, though they had 9.")


def photographs(page, workshop):
    go(page, f"#/m/{workshop}")
    picture = {"name": "chart.jpg", "mimeType": "image/jpeg", "buffer": a_photograph()}
    page.set_input_files("input[type=file]", picture)
    page.locator("#typed").wait_for()
    press(page, "Turn to the right")
    page.fill("#typed", "One for 40: 7")
    press(page, "Keep")
    expect(page.locator(".pictures li")).to_contain_text("typed out")


def records(page, workshop):
    go(page, f"#/m/{workshop}/sound")
    press(page, "Begin to record")
    page.get_by_text("Safe on this phone up to 0:05").wait_for()
    press(page, "End the recording")
    press(page, "Hear it")
    page.locator("audio").wait_for()


def a_photograph():
    """A photograph larger than any we keep, with the place where it was taken in it."""
    image = Image.effect_noise((2400, 1600), 60).convert("RGB")
    particulars = Image.Exif()
    particulars[0x010F] = "Tecno"
    particulars[0x8825] = {1: "S", 2: (2.0, 58.0, 1.0), 3: "E", 4: (32.0, 1.0, 1.0)}
    written = io.BytesIO()
    image.save(written, "JPEG", exif=particulars)
    return written.getvalue()


def assert_small_and_bare(content):
    image = Image.open(io.BytesIO(content))
    assert image.height == max(image.size) <= 1600  # it lay on its side, and was turned
    assert len(content) <= 260_000
    assert dict(image.getexif()) == {}
    assert b"Exif" not in content
    assert b"Tecno" not in content
