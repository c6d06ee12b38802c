"""Words as Markdown shows them as they stand: for documents composed of records."""

from collections.abc import Iterable, Sequence

from standards.exchange.docx.wording import escaped, escaped_start


def words_of(words: str) -> str:
    """Words as Markdown shows them as they stand, on one line."""
    return escaped_start(escaped(" ".join(words.split()))).replace("|", "\\|")


def paragraphs(sentences: Iterable[str]) -> str:
    """A paragraph for each sentence."""
    return "\n\n".join(words_of(sentence) for sentence in sentences)


def items(sentences: Iterable[str]) -> str:
    """A list with an item for each sentence."""
    return "\n".join(f"- {words_of(sentence)}" for sentence in sentences)


def quoted(words: str, by: str = "") -> str:
    """What somebody said, line by line, and under it who."""
    lines = [words_of(line) for line in words.splitlines() if line.strip()]
    return "> " + "\\\n> ".join([*lines, *([f"— {words_of(by)}"] if by else [])])


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0) -> str:
    """A table whose last columns are figures."""
    words = len(heads) - numbers
    lines = [heads, ["---"] * words + ["---:"] * numbers]
    written = ["| " + " | ".join(words_of(cell) or " " for cell in lines[0]) + " |"]
    written.append("| " + " | ".join(lines[1]) + " |")
    written += ["| " + " | ".join(words_of(cell) or " " for cell in row) + " |" for row in rows]
    return "\n".join(written)
