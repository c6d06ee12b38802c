"""Voices: what the desk calls those who speak in a transcript, so that their names stay out of sight.

`Facilitator`, `Speaker 4` or `Woman 2` name nobody and stay as they are; anything
else is taken for a name and becomes `Speaker 1`, `Speaker 2` … by first appearance.
"""

import re
import unicodedata
from collections.abc import Iterable

_ROLE_WORDS = """
facilitator facilitators moderator chair chairperson host interpreter translator secretary reporter
speaker speakers participant participants person people voice unknown unattributed several all everyone
other others group man men woman women male female miner miners trader buyer neighbour neighbor leader
owner processor worker official youth elder representative question answer audience crowd
facilitateur facilitatrice animateur animatrice moderateur moderatrice interprete orateur oratrice
locuteur locutrice intervenant participante inconnu inconnue plusieurs tous homme femme hommes femmes
mineur mineurs acheteur voisin voisine
facilitador facilitadora moderador moderadora hablante orador oradora desconocido desconocida varios todos
hombre mujer hombres mujeres minero minera mineros mineras comprador vecino vecina
falante desconhecido desconhecida homem mulher homens mulheres mineiro mineira garimpeiro garimpeira
mwezeshaji msemaji mshiriki washiriki wote wengi mwanamume mwanamke wanaume wanawake mchimbaji
wachimbaji mnunuzi jirani mkalimani
the of and a an le la les des un une el los las uno una o os um uma wa ya mmoja pit mill
"""
ROLES = frozenset(_ROLE_WORDS.split())
_SHORTEST_PART = 3


def names_nobody(label: str) -> bool:
    """Whether a speaker's label says what they are, not who."""
    words = [word for word in re.split(r"[\W_\d]+", _folded(label)) if word]
    return all(word in ROLES or len(word) == 1 for word in words)


def labels(speakers: Iterable[str | None]) -> dict[str, str]:
    """What the desk calls each speaker of a transcript, by the label in the file, in order of appearance."""
    met = list(dict.fromkeys(speaker for speaker in speakers if speaker))
    taken = {speaker[:60] for speaker in met if names_nobody(speaker)}
    shown: dict[str, str] = {}
    number = 1
    for speaker in met:
        if names_nobody(speaker):
            shown[speaker] = speaker[:60]
            continue
        while f"Speaker {number}" in taken:
            number += 1
        shown[speaker] = f"Speaker {number}"
        number += 1
    return shown


def names_to_mask(speakers: Iterable[str | None]) -> tuple[str, ...]:
    """The names of those who speak, whole and in their parts, to be hidden where others address them."""
    found: dict[str, None] = {}
    for speaker in dict.fromkeys(speakers):
        if not speaker or names_nobody(speaker):
            continue
        found[speaker] = None
        for word in re.split(r"[^\w'’-]+", speaker):
            if len(word) >= _SHORTEST_PART and word[0].isupper() and _folded(word) not in ROLES:
                found[word] = None
    return tuple(found)


def _folded(text: str) -> str:
    return "".join(
        one for one in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(one)
    )
