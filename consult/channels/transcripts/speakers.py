"""Who is a speaker: telling `Maria Quispe: …` from `10:30 Agenda:` and `https://…`."""

import re
from functools import lru_cache

# Words that head a line, or lead to a colon, and never speak, in the five languages of the rounds.
_HEADINGS = """
agenda note notes nb ps summary action actions decision decisions topic subject date time place
venue location attendees attendance present apologies participants minutes transcript recording
duration title example warning important remember language session part item background http https
ftp mailto file www re fwd cc kind webvtt style region purpose objective conclusion conclusions
result results source tel phone email e-mail ordre sujet lieu heure présents participants résumé
décision remarque exemple objet nota notas resumen acuerdo acuerdos fecha hora lugar asistentes
participantes tema asunto ejemplo decisión resumo ata data local presentes assunto exemplo decisão
pauta tarehe saa mahali ajenda muhtasari mada waliohudhuria mfano uamuzi kumbuka
"""
_JOINING_WORDS = """
and but so because that this these is are was were to for with well then also first second third
finally like as if or et mais donc car que ceci est sont pour avec alors aussi y pero porque
entonces como para con es son luego e mas então com são na lakini kwa kwamba ili kama pia yaani
hivyo kwanza pili
"""
HEADINGS = frozenset((_HEADINGS + _JOINING_WORDS).split())
_PARTICLE_WORDS = """
de del della da das do dos di du la las le les van von der den bin binti ibn wa ya y e and et al el
of mama bi
"""
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
_NAME = re.compile(r"[^\W_](?!.*//)[^:<>\[\]{}=\\!?;]{0,60}")


def is_name(name: str) -> bool:
    """Whether these words before a colon are surely somebody's name."""
    return could_be_name(name) and not _is_doubtful(name)


@lru_cache(maxsize=4096)
def could_be_name(name: str) -> bool:
    """Whether they might be: a screen name such as `juan m` proves itself by coming back."""
    name = name.strip()
    words = name.split()
    if not words or len(words) > 7 or not _NAME.fullmatch(name):
        return False
    if not name[0].isalpha() or name.casefold() in HEADINGS or words[0].casefold() in HEADINGS:
        return False
    # A sentence has commas and full stops; a name has them only in "Smith, John" and "Dr. Smith".
    return not re.search(r"[^\W_]{4,}\.\s|\.$|,.*,", name.replace("Prof. ", "")) and not re.search(
        r"\d:\d|\d{5,}", name
    )


@lru_cache(maxsize=4096)
def _is_doubtful(name: str) -> bool:
    # What follows a bar or stands in brackets is where someone works, in any case of letters.
    words = re.sub(r"\([^)]*\)?|[|/].*", "", name).split()
    plain = [word for word in words if word.casefold() not in _PARTICLES and not word.isdigit()]
    return not plain or any(word[0].islower() for word in plain) or len(words) > 5
