"""Receipts: the short code that names a comment, and the secret words that open it.

A code is eight characters, written `7KQ4-M2P9` style in two fours: seven drawn
at random and a check character. It can be read aloud, copied from a cheap screen
and typed on a keypad. It is a name, not a secret: 23**7 codes, about 3.4 thousand
million.

The check is the weighted sum of ISBN-10 (ISO 2108:1992), modulo the size of the
alphabet. Because 23 is prime and the weights are distinct and smaller, one wrong
character, or any two characters changed over, always shows.
"""

import re
from random import Random, SystemRandom
from typing import Final

# No 0 1 B D G I L O Q S U V Z: each looks, or sounds, like another character.
ALPHABET: Final = "23456789ACEFHJKMNPRTWXY"
LENGTH: Final = 8
# Letters that are never in a code and can only be one character misread.
MISREAD: Final = str.maketrans("BGSZ", "8652")

_GROUPS = re.compile(r"[0-9A-Z]+")
# How people break a code when they copy it: whole, in fours, in twos, letter by letter.
_BREAKS: Final = frozenset({(8,), (4, 4), (2, 2, 2, 2), (1,) * 8})

SECRET_WORDS: Final = 3

# 256 short words, mostly Swahili, easy to say and to spell in all five languages.
_WORDS = """
adabu afya ahadi ajabu aina alama amani anga arusi asali asante asili baba babu bahari bahati
baiskeli bakuli bamba bandari barabara baraka barua bata bega bendera bibi bidhaa biashara bila boga
bonde bora boti buibui bundi bustani chai chaki chakula chama chemsha chini chombo choo chuma chumvi
chura chuo daftari dafu dalili dalasini daraja dari debe deni desturi dirisha dodo duara dume dunia
duka embe eneo fagio faida familia faraja farasi fedha fisi fundi funguo furaha gari ganda gamba
gauni gazeti gema giza godoro goti gunia habari hadithi haki hali hamu hati hekima hema heri hesabu
hewa hodi hoja hukumu huruma ila imani jabali jambo jamii jani jeshi jibini jibu jicho jiko jina
jino jiwe jogoo joto jua jumba juma kaa kabati kahawa kaka kalamu kamba kambi kanga kanuni karanga
karata kasa kasuku katani kazi kengele kiatu kibao kiboko kiburi kichwa kifua kijiji kijiko kilima
kima kinu kioo kipepeo kiraka kisima kisiwa kisu kitabu kitanda kiti kitunguu kobe kofia kondoo
korosho kuku kunde kuni ladha lami lango lengo limau lugha lulu maji maharage mama mamba mano maua
mbegu mbuni mbuzi mchanga mchele mdomo meli meza mfuko mgeni mgomba mkate mkono mlango mlima moto
moyo mpira msitu mtoto muziki mvua mwezi nanasi nazi ndege ndizi ndoto ngoma ngozi njia nyota nyuki
nyumba nyasi paka pamba papai pembe picha pilipili pipa pwani radi rafiki rangi robo safari sahani
samaki sanaa sauti shamba shule simba sokoni sukari sungura taa tai tembo tende tumaini tunda twiga
ua ubao udongo ufunguo ukuta ulimi uma upepo uso utoto uzi waraka wimbo ziwa
"""
WORDS: Final = tuple(_WORDS.split())


def new_code(random: Random | None = None) -> str:
    """A new receipt code such as `7KT4-M2P9`, with at least one digit and one letter.

    So it is never a word, a telephone number or a clause code. Uniqueness is
    the table's to enforce: on a clash, ask again.
    """
    draw = random or SystemRandom()
    while True:
        body = "".join(draw.choice(ALPHABET) for _ in range(LENGTH - 1))
        code = body + check_character(body)
        if _has_both(code):
            return f"{code[:4]}-{code[4:]}"


def check_character(body: str) -> str:
    """The eighth character for the seven before it, weights 8 down to 2."""
    weighted = sum(
        weight * ALPHABET.index(one) for weight, one in zip(range(LENGTH, 1, -1), body, strict=True)
    )
    return ALPHABET[-weighted % len(ALPHABET)]


def is_code(text: str) -> bool:
    """Whether the text is a receipt code and nothing else, its check character right."""
    return normalise(text) is not None


def normalise(text: str) -> str | None:
    """The code as we write it, or None when the text is no code.

    Case, spaces, hyphens and punctuation around and between groups do not matter,
    and B, G, S, Z, which no code holds, are read as 8, 6, 5, 2. The text must
    hold a typed digit, so that no word of eight letters becomes a code.
    """
    if len(text) > 60:
        return None
    groups = _GROUPS.findall(text.upper())
    typed = "".join(groups)
    if tuple(map(len, groups)) not in _BREAKS or re.search(r"[^\W_]", text.upper().translate(_NOTHING)):
        return None
    code = typed.translate(MISREAD)
    if not any(one.isdigit() for one in typed) or not _has_both(code) or set(code) - set(ALPHABET):
        return None
    if check_character(code[:-1]) != code[-1]:
        return None
    return f"{code[:4]}-{code[4:]}"


def new_secret(random: Random | None = None) -> str:
    """Three short words such as `tembo-mvua-nyota`, to be hashed by the caller and shown once.

    256 words each make 24 bits. With the receipts page allowing ten tries an hour
    for one receipt, half of all secrets would take some 95 years; it is no password
    and guards nothing but one comment's status.
    """
    draw = random or SystemRandom()
    return "-".join(draw.choice(WORDS) for _ in range(SECRET_WORDS))


def normalise_secret(text: str) -> str:
    """The words as they were given out: lower case, one hyphen between; hash this, not what was typed."""
    return "-".join(re.findall(r"[^\W\d_]+", text.casefold()))


def _has_both(code: str) -> bool:
    return any(one.isdigit() for one in code) and any(one.isalpha() for one in code)


_NOTHING = dict.fromkeys(map(ord, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
