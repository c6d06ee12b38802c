"""Cases anyone can write: a title, then parts between lines of a single full stop."""

from pathlib import Path

HERE = Path(__file__).parent / "cases"


def read_cases(name: str, parts: int, here: Path = HERE) -> list[tuple[str, ...]]:
    """Title and parts of each case in a file, in order; the preface ends at the first blank line."""
    lines = (here / name).read_text(encoding="utf-8").split("\n")
    found: list[tuple[str, ...]] = []
    at = lines.index("")
    while "." in lines[at:]:
        start = lines.index(".", at)
        case, at = [lines[start - 1]], start
        for _ in range(parts):
            end = lines.index(".", at + 1)
            case.append("\n".join(lines[at + 1 : end]))
            at = end
        found.append(tuple(case))
        at += 1
    return found
