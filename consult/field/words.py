"""Every sentence of the field page, by the key under which the page asks for it.

`{name}` in a sentence is filled in on the telephone. No sentence changes with a number:
what is counted stands after a colon, so that one sentence serves every language.
"""

from collections.abc import Mapping

from consult.field.words_of_meetings import MEETING
from consult.words import N_, speaker

PAGE: Mapping[str, str] = {
    "skip": N_("Skip to the content"),
    "optional": N_("optional"),
    "menu": N_("Menu"),
    "back-to-meeting": N_("Back to the meeting"),
    "keep": N_("Keep"),
    "kept-here": N_("Kept on this phone."),
    "take-away": N_("Take away"),
    "taken-away": N_("Taken away. It can be put back."),
    "taken-away-number": N_("Taken away: {n}"),
    "put-back": N_("Put it back"),
    "is-back": N_("It is back."),
    "number": N_("Number: {n}"),
    "one-more": N_("One more: {what}"),
    "one-less": N_("One less: {what}"),
    "not-found": N_("This is not on this phone"),
    "not-found-means": N_("It may have been taken off this phone, or another device has not sent it yet."),
    "cannot-open": N_("The page cannot begin"),
    "use-paper": N_("Write on the printed sheets for now, and bring them to the desk."),
    # What is sent and what is not
    "not-sent": N_("Not sent yet: {n}"),
    "is-sending": N_("Sending. Not sent yet: {n}"),
    "all-sent": N_("Everything is sent"),
    "nothing-to-send": N_("Nothing waits to be sent"),
    "send-now": N_("Send now"),
    "sent": N_("sent"),
    "on-this-phone": N_("On this phone"),
    "came-late": N_(
        "A round had closed before some of this came. It is kept and marked as late; a person decides."
    ),
    "recording-since": N_("Sound is being recorded: {time}"),
    "problem-no-network": N_("No network here. It is safe on this phone."),
    "problem-busy": N_("The server is busy. Everything is safe on this phone; it tries again by itself."),
    "problem-not-ours": N_(
        "Something else answered in place of the server, perhaps a page of this network that asks you to "
        "sign in to it. Everything is safe on this phone."
    ),
    "problem-signed-out": N_(
        "The office no longer knows this phone. What you wrote is safe here; make the phone known again."
    ),
    "problem-not-allowed": N_("This phone may not send to this meeting. Ask the secretary; nothing is lost."),
    "problem-gone": N_("This meeting is no longer at the office. Ask the secretary; nothing is lost."),
    "problem-not-taken": N_(
        "The server did not take one thing. Everything else goes ahead, and it stays safe on this phone. "
        "Make a safe copy and tell the secretary."
    ),
    "problem-missing": N_(
        "A picture or sound that should be sent is no longer on this phone. The system took it away."
    ),
    "problem-other": N_("Sending stopped. Everything is safe on this phone; it tries again by itself."),
    # What may go wrong on the telephone
    "error-storage-full": N_(
        "This phone has no room left, so this was not kept. What was kept before is safe. Send it, or take "
        "pictures and apps off the phone, then keep it again."
    ),
    "error-still-unsent": N_(
        "Something of this meeting is not sent yet, so it stays on this phone. Send it first."
    ),
    "error-not-secure": N_(
        "This page can keep nothing at this address. Open it at the address that begins with https."
    ),
    "error-no-picture": N_("This file is no picture that this phone can read. Take another one."),
    "error-backup-unknown": N_("This file is no safe copy. Look for one whose name ends in .baraza."),
    "error-backup-locked": N_(
        "This passphrase does not open the file. Type it as it was when the copy was made."
    ),
    "error-backup-cut": N_(
        "This file is damaged or not whole, so nothing was brought in. Take another copy of it."
    ),
    "error-short-passphrase": N_("Choose a passphrase of 10 letters or more, such as four words."),
    "error-other": N_(
        "This was not kept. What was kept before is safe. Try once more, or open the page anew."
    ),
    # The meetings on this phone
    "meetings": N_("Meetings"),
    "meeting": N_("Meeting"),
    "other-meetings": N_("Other meetings"),
    "field-trial": N_("Field trial"),
    "first-time": N_(
        "The office does not know this phone yet. While there is a network, make it known once."
    ),
    "make-known": N_("Make this phone known"),
    "no-meetings-here": N_("There is no meeting on this phone yet."),
    "look-for-meetings": N_("Look for meetings"),
    "can-be-brought": N_("To bring onto this phone"),
    "bring-it": N_("Bring it"),
    "bring-this": N_("Bring {place} onto this phone"),
    "is-brought": N_("It is on its way."),
    "brought": N_("{place} is on this phone, and works without a network."),
    "round-has-closed": N_("its round has closed"),
    # This phone
    "this-phone": N_("This phone"),
    "pair-how": N_(
        "Sign in once while there is a network. After that, this phone works and sends by itself."
    ),
    "sign-in-first": N_("Sign in"),
    "needs-network-once": N_("There is no network now. This one step needs it."),
    "may-not-pair": N_(
        "{name} is signed in, but may not run workshops. Sign in as somebody who may, or ask the secretary."
    ),
    "signed-in-as": N_("Signed in: {name}. What this phone sends is sent in this name."),
    "name-of-phone": N_("What this phone is called"),
    "name-of-phone-hint": N_("So that the secretary knows which one it is, should it be lost."),
    "phone-is-known": N_("This phone is known now."),
    "phone-is-known-as": N_("The office knows this phone: {label}. It can send."),
    "clock-is-wrong": N_(
        "The clock of this phone is wrong. Nothing is lost by it, but the hours beside your notes will be "
        "wrong. Set it right in the settings of the phone."
    ),
    "the-page": N_("The page"),
    "language": N_("Language"),
    "light": N_("Light"),
    "full-sun": N_("Full sun"),
    "as-the-phone": N_("As the phone"),
    "offline-is-prepared": N_("The page is being made ready to open without a network."),
    "opens-offline": N_("This page opens without a network."),
    "opens-not-offline": N_(
        "This page will not open without a network yet. Leave it open for a minute where there is one."
    ),
    "newer-page": N_("A newer page is ready. Take it between meetings; what you wrote stays."),
    "take-newer": N_("Take the newer page"),
    "room": N_("Room on this phone"),
    "storage-kept": N_("The phone promised to keep what is written here until you take it away."),
    "storage-may-go": N_(
        "The phone promised nothing: when it is short of room it may clear what is written here. Put this "
        "page on the home screen, send often, and make safe copies."
    ),
    "storage-unknown": N_(
        "The phone does not say whether it keeps what is written here. Put this page on the home screen, "
        "send often, and make safe copies."
    ),
    "room-left": N_("Room left: {room}. Used by this page: {used}."),
    "room-is-small": N_("There is little room. Words still fit for long; sound and pictures may not."),
    "on-this-phone-now": N_("Meetings on this phone"),
    "forget-here": N_("Take it off this phone"),
    "forget-this": N_("Take {place} off this phone"),
    "meeting-forgotten": N_("{place} is no longer on this phone. What was sent is at the office."),
    # The safe copy
    "safe-copy": N_("Safe copy"),
    "safe-copy-why": N_(
        "A safe copy is one locked file with everything on this phone, names too. Put it on a memory card "
        "or another phone. Whoever finds it cannot read it without the passphrase; nor can we."
    ),
    "last-copy": N_("Last safe copy: {day}, {clock}"),
    "no-copy-yet": N_("There is no safe copy yet."),
    "make-a-copy": N_("Make a copy"),
    "make-the-copy": N_("Make the safe copy"),
    "passphrase": N_("Passphrase"),
    "passphrase-hint": N_(
        "At least 10 letters, such as four words. Write it on paper, apart from the phone."
    ),
    "passphrase-again": N_("The same passphrase again"),
    "passphrases-differ": N_("The two passphrases differ. Type the same one twice."),
    "copy-is-made": N_("The copy is being made."),
    "copy-made": N_("The copy is made: {size}. Now save the file."),
    "save-the-file": N_("Save the file"),
    "bring-a-copy": N_("Bring a copy back"),
    "bring-copy-hint": N_(
        "On a new phone, or after this one lost something. What is here already is not doubled."
    ),
    "file": N_("File"),
    "choose-a-file": N_("Choose the file first. Its name ends in .baraza."),
    "passphrase-of-copy": N_("Passphrase of this copy"),
    "bring-it-back": N_("Bring it back"),
    "copy-is-read": N_("The copy is being read."),
    "copy-brought": N_("Brought back: {n}. Pictures and sound: {objects}. Here already: {already}."),
}

WORDS: Mapping[str, str] = {**PAGE, **MEETING}


def words_for(language: str) -> dict[str, str]:
    """Every sentence of the page in a language we speak, else in English."""
    speak = speaker(language).gettext
    return {key: speak(sentence) for key, sentence in WORDS.items()}
