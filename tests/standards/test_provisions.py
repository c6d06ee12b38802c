import pytest

from standards.document import Modality
from standards.provisions import language_of, modality_of


@pytest.mark.parametrize(
    ("text", "language", "modality"),
    [
        ("The operator shall measure and may publish.", "en", Modality.REQUIREMENT),
        ("The operator MUST NOT burn.", "en", Modality.REQUIREMENT),
        ("Records should be kept; they may be short.", "en", Modality.RECOMMENDATION),
        ("They may be short.", "en", Modality.PERMISSION),
        ("Adopted on 3 May 2024.", "en", Modality.NONE),
        ("Mercury is a metal.", "en", Modality.NONE),
        ("Marshall wrote `shall`.", "en", Modality.NONE),
        ("Text.\n\nNOTE: The operator shall know this.", "en", Modality.NONE),
        ("Les mineurs doivent payer.", "fr-CD", Modality.REQUIREMENT),
        ("La cooperativa debería pagar.", "es", Modality.RECOMMENDATION),
        ("O operador pode pagar.", "pt-BR", Modality.PERMISSION),
        ("Mchimbaji lazima alipe.", "sw", Modality.REQUIREMENT),
        ("The operator shall measure.", "xx", Modality.REQUIREMENT),
    ],
)
def test_the_strongest_provision_word_of_the_language_says_how_a_clause_binds(
    text: str, language: str, modality: Modality
) -> None:
    assert modality_of(text, language) is modality


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The operator shall keep the water of the river clean.", "en"),
        ("L'exploitant doit garder les eaux de la rivière et des puits.", "fr"),
        ("El operador debe cuidar las aguas del río y los pozos.", "es"),
        ("O operador não deve sujar os rios em nenhuma das minas.", "pt"),
        ("Mchimbaji lazima atunze maji ya mto na ya kisima kwa wote.", "sw"),
        ("", "en"),
    ],
)
def test_the_language_of_a_text_is_told_by_its_common_words(text: str, language: str) -> None:
    assert language_of(text) == language
