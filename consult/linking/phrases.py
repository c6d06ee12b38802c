"""The phrases that show whether a number names a clause, in five languages.

Every language is tried for every text: people write in the language they
think in, whatever the form says.
"""

import re

_CLAUSE_SINGULAR = r"""
    clause cl\. clausule section sect?\. sec article art\. art paragraph para\. requirement req\. criterion
    indicator principle chapter provision rule point item sub-?clause sub-?section
    annex appendix annexe appendice
    exigence paragraphe critère indicateur principe chapitre disposition alinéa règle
    cláusula clausula sección seccion artículo articulo apartado párrafo parrafo requisito criterio
    indicador principio capítulo capitulo numeral inciso punto anexo apéndice
    seção secao secção artigo parágrafo paragrafo critério princípio item ponto apêndice
    kifungu ibara sehemu kanuni sharti kipengele aya sura kigezo kiashiria kiambatisho kiambatanisho
"""
_CLAUSE_PLURAL = r"""
    clauses cls\. sections sects?\. secs\.? articles arts\. paragraphs paras\.? requirements reqs\. criteria
    indicators principles chapters provisions rules points items sub-?clauses sub-?sections annexes
    appendices exigences paragraphes critères indicateurs principes chapitres dispositions alinéas règles
    cláusulas clausulas secciones artículos articulos apartados párrafos parrafos requisitos criterios
    indicadores principios capítulos capitulos numerales incisos puntos anexos
    seções secoes secções artigos parágrafos paragrafos critérios princípios itens pontos
    vifungu masharti vipengele vigezo viashiria viambatisho viambatanisho
"""
_ANNEX = (
    r"(?:annex(?:e|es)?|appendi(?:x|ces|ce)|anexos?|apéndices?|apêndices?|"
    r"[kv]iambatisho|[kv]iambatanisho)"
)
_OTHER_TEXT = (
    r"(?:laws?|acts?|regulations?|directives?|conventions?|constitution|treaty|protocol|decrees?|statutes?"
    r"|ordinances?|codes?|charter|covenant|declaration|bill"
    r"|lois?|décrets?|arrêtés?|règlements?|constitution|traité|protocole|ordonnances?"
    r"|ley(?:es)?|decretos?|convenios?|convenci[óo]n|constituci[óo]n|c[óo]digos?|reglamentos?|tratado"
    r"|resoluci[óo]n|lei|leis|convenção|constituição|regulamentos?|portaria|tratado"
    r"|sheria|katiba|mkataba|azimio)"
)
_BODY = (
    r"(?:ISO(?:/IEC)?(?:/TS|/TR)?|IEC|RFC|NIST(?:\s+SP)?"
    r"|IEEE|ASTM|ANSI|CEN|DIN|AFNOR|EN(?=\s+\d)|BS(?=\s+\d)|ILO|OIT|OECD|OCDE"
    r"|GDPR|RGPD|WCAG|UNGPs?|ICMM|IRMA|LBMA|CRAFT|Fairmined|Fairtrade|C\d{2,3}(?=\s*,?\s*(?:art|sec)))"
)


def _any_of(words: str) -> str:
    return "|".join(sorted(words.split(), key=len, reverse=True))


_NUMBER_WORD = (
    r"(?:\s*(?:numbers?|no\.|nos\.|n[°º]\.?|num\.|número|numero|numéro|namba(?:ri)?|(?:cha|vya|ya|za|la)))?"
)
_HEAD_TAIL = r"(?:s\))?" + _NUMBER_WORD * 2 + r"[\s:#.*_\[(\"“«`-]{0,4}$"

PLURAL = re.compile(rf"(?<!\w)(?:{_any_of(_CLAUSE_PLURAL)}|§§){_HEAD_TAIL}", re.I)
SINGULAR = re.compile(
    rf"(?:(?<!\w)(?:{_any_of(_CLAUSE_SINGULAR)})|§|(?<!\w)(?:clause|section)\(?){_HEAD_TAIL}", re.I
)
ANNEX = re.compile(rf"(?<!\w){_ANNEX}{_HEAD_TAIL}", re.I)
CLAUSE_WORD = rf"(?:§|(?:{_any_of(_CLAUSE_PLURAL)}|{_any_of(_CLAUSE_SINGULAR)})(?!\w))"

RANGE = re.compile(
    r"\s*(?:-{1,2}|–|—|‐|‑|\.{3}|…|\bup to\b|\bto\b|\bthrough\b|\bthru\b|\btill?\b|\buntil\b"
    rf"|\bjusqu'?[’']?(?:à|au)\b|à|\bau\b|\ba\b|\bal\b|\bhasta\b|\baté\b|\bao\b|\bhadi\b|\bmpaka\b)"
    rf"\s*(?:the\s+|l['’]|la\s+|el\s+|o\s+)?(?:{CLAUSE_WORD}\s*)?(?:(?:cha|ya|vya)\s+)?",
    re.I,
)
LIST = re.compile(
    r"\s*(?:[,;/&+]|\bet\b|\bou\b|\band\b|\bor\b|\by\b|\be\b|\bo\b|\bna\b|\bau\b|\bas well as\b"
    r"|\bainsi que\b"
    r"|\bpamoja na\b)\s*(?:(?:and|or|et|ou|y|e|o|na|au|also|both)\s+)?",
    re.I,
)

# What stands before a number that names something else.
NOT_A_CLAUSE_BEFORE = re.compile(
    r"(?:(?<!\w)(?:tables?|tableaux?|tablas?|cuadros?|tabelas?|quadros?|jedwali|majedwali"
    r"|fig(?:ure|ura|\.)?s?|figures|figuras|mchoro|michoro|picha|image|photo|graph|chart|box|encadré"
    r"|recuadro"
    r"|versions?|versión|version|versão|toleo|release|rev\.?|revision|revisión|révision|revisão|ver\."
    r"|draft|édition|edition|v\.?"
    r"|pages?|p\.|pp\.|página|pág\.|ukurasa|kurasa|step|option|question|swali|pregunta|pergunta"
    r"|tel\.?|tél\.?|phone|call|simu|teléfono|telefone|whatsapp|sms"
    r"|ph|rated|score|average|mean|moyenne|promedio|média|wastani|rate|ratio|factor|index|grade"
    r"|asilimia|percent|usd|eur|kes|ksh|tzs|tsh|ugx|xof|cfa|fcfa|cop|bob|brl|gbp|magnitude"
    r"|approximately|environ|aproximadamente|takriban"
    r"|issue|pr|bug|ticket|exhibit|equation|eq\.|example|exemple|ejemplo|exemplo|mfano"
    r"|dated|le \d+|dia|tarehe|saa|at around)"
    r"\s*(?:no\.|n[°º]|number|ya|la|de|:|#|of|was|is|est|es|é|ni)?|[$€£¥#=<>≥≤±×~≈+]|r\$|us\$)\s*$",
    re.I,
)
UNIT_AFTER = re.compile(
    r"\s?(?:%|‰|°|€|\$|£|º\s?c)|\s?-?(?:k?g|mg|µg|ug|lb|oz|km|cm|mm|m|m2|m3|m²|m³|ml|l|ha|hectares?"
    r"|hectáreas?|ppm|ppb|db|kw|mw|hz|v"
    r"|t|tons?|tonnes?|toneladas?|tani|grams?|grammes?|gramos?|gramas?|gramu|kilo\w*|quil\w*|gramas?"
    r"|kilómetros?|lit(?:er|re)s?|litros?|lita|met(?:er|re)s?|mètres?|metros?|mita"
    r"|per\s?cent|percent|pour\s?cent|por\s?ciento|por\s?cento|asilimia"
    r"|million\w*|millones|mill[óo]n|milh(?:ão|ões)|milioni|billion\w*|milliard\w*|thousand|mille|mil"
    r"|elfu|laki"
    r"|dollars?|euros?|shillings?|shilingi|pesos?|reais|francs?|usd|eur|kes|tzs|ugx|cfa|fcfa"
    r"|days?|weeks?|months?|years?|hours?|hrs?|minutes?|mins?|seconds?|jours?|semaines?|mois|ans"
    r"|années?|heures?"
    r"|d[íi]as?|semanas?|mes(?:es)?|años?|horas?|minutos?|anos?|siku|wiki|miezi|miaka|masaa|saa|dakika"
    r"|times|out of|sur \d|fois|veces|vezes|mara|x|a\.?m\.?|p\.?m\.?|people|persons?|miners?|mineurs?"
    r"|mineros?|mineiros?|wachimbaji|watu|personas|pessoas|personnes"
    r"|members?|points?|carats?|workers|women|men|children|stars?|degrees?|january|february|march"
    r"|april|may|june|july"
    r"|august|september|october|november|december|janvier|février|mars|avril|mai|juin|juillet|août"
    r"|septembre|octobre"
    r"|novembre|décembre|de (?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre"
    r"|noviembre|diciembre"
    r"|janeiro|fevereiro|março|maio|junho|julho|setembro|outubro|novembro|dezembro))(?!\w)"
    r"|\s(?:of|de|du|da|do|ya)\s(?:(?:the|this|la|el|le|o|a|l['’])\s?)?"
    r"(?:standard|draft|document|norme|norma|estándar|padrão|kiwango|software|release|version)(?!\w)",
    re.I,
)
OF_A_CLAUSE_AFTER = re.compile(
    rf"\s*(?:\([a-z0-9]\)\s*)?(?:of|in|under|de|del|du|da|do|dans|em|en|ya|cha|wa|la)\s+(?:the\s+"
    rf"|la\s+|el\s+|l['’]|o\s+|a\s+)?{CLAUSE_WORD}"
    r"\s*(?:cha\s+|ya\s+)?[\dA-Z]",
    re.I,
)

# Another document, named after the number ("article 5 of the Constitution")
# or before it ("Law 1333, article 5").
_LINK_AFTER = (
    r"(?:of|in|from|under|de|del|du|des|da|do|dans|en|em|ya|cha|wa|za|la|kwenye|katika)"
    r"\s+(?:(?:the|our|your|that|this|la|le|les|el|los|o|a|l['’]|ya|notre|nuestra|nossa)\s*)?"
)
_NOT_A_NAME = (
    r"(?:with|and|or|is|are|the|to|than|conflicts?|breaks?|contradicts?|against|standard|draft"
    r"|document|text"
    r"|que|con|avec|contra|et|y|e|norme|norma|kiwango)(?!\w)"
)
OTHER_TEXT_AFTER = re.compile(
    rf"\s*[,(]?\s*(?:{_LINK_AFTER}(?:(?!{_NOT_A_NAME})[\w'’-]+\s+){{0,3}}?(?:{_OTHER_TEXT}"
    rf"|{_BODY})(?![\w-])"
    rf"|(?:{_BODY})(?!\w))",
    re.I,
)
OTHER_TEXT_BEFORE = re.compile(
    rf"(?:(?<!\w)(?:{_BODY})[\s-]*(?:[A-Z]{{1,3}}\s?)?[\d:/.-]*(?:\s*\(?(?:19|20)\d\d\)?)?"
    rf"|(?<!\w)(?i:{_OTHER_TEXT})(?:\s*\((?:EU|UE|EC|CE)\))?(?:\s+(?:(?i:no\.?|n[°ºo]\.?|number|num\."
    rf"|número|na\.|namba)\s*)?\d[\d/.:-]*|\s+[A-Z][\w-]+)?"
    r"(?:\s+(?:of|de|du|ya|from|del|da|do)\s+(?:\d[\d/.-]*|[A-Z]\w+)){0,2})"
    r"(?:['’]s)?\s*[,:;(]?\s*(?:(?:in|its|see|under|dans|son|en|su|no|na|ya|the|l['’]|el|la|le|o)\s*){0,2}$"
)
