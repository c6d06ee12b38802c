"""Cells: a spreadsheet as lines of words, whatever program wrote it, and words that stay words in one."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import IO, Any

from consult.errors import BarazaError

CELL = 32_767
"""How many characters a cell of a workbook holds."""


LARGEST_UNPACKED = 200_000_000
"""Bytes of a workbook's parts together; a hundred thousand comments unpack to less."""
MOST_CELLS = 10_000_000
"""Cells between the first of a sheet and its last, empty ones included."""


class UnreadableSheet(BarazaError):
    """A file that is no table we can read; nothing was taken from it."""


@dataclass(frozen=True)
class Lines:
    """One sheet: its lines from the top, each with its cells, and what was odd about it."""

    cells: list[list[str]]
    remarks: tuple[str, ...] = ()


def spreadsheet(data: bytes, name: str) -> list[Lines]:
    """The sheets of an XLSX file, or the one table of a CSV file. Raises UnreadableSheet."""
    refuse_unopenable(data, name)
    if not data.startswith(b"PK"):
        return [Lines(csv_lines(decoded(data, name, "XLSX and CSV"), name))]
    if not holds_workbook(data, name):
        raise UnreadableSheet(f"{name} is no spreadsheet. Save it as .xlsx or .csv and send that.")
    return workbook(data, name)


def refuse_unopenable(data: bytes, name: str) -> None:
    """Empty files, and old or locked Office files. Raises UnreadableSheet."""
    if not data.strip():
        raise UnreadableSheet(f"{name} is empty.")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableSheet(
            f"{name} is an old or locked Office file. Save it as .xlsx or .docx without a password."
        )


def holds_workbook(data: bytes, name: str) -> bool:
    """Whether a packed file is a workbook. Raises UnreadableSheet for a damaged one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(part.startswith("xl/") for part in archive.namelist())
    except zipfile.BadZipFile as error:
        raise UnreadableSheet(f"{name} is damaged; save or send it again.") from error


def workbook(data: bytes, name: str) -> list[Lines]:
    """Every sheet of an XLSX file; each part of a merged cell has its words. Raises UnreadableSheet."""
    import openpyxl

    _refuse_bomb(data, name)
    try:
        # Not read-only: only so are merged cells known.
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise UnreadableSheet(f"{name} cannot be opened as a spreadsheet; save it again as .xlsx.") from error
    for sheet in book.worksheets:
        if sheet.max_row * sheet.max_column > MOST_CELLS:
            raise UnreadableSheet(
                f"{name} has something written far away from its table, in row {sheet.max_row:,}, or is too "
                "large. Copy the table into a new file, save it and send that."
            )
    return [_lines(sheet) for sheet in book.worksheets]


def _refuse_bomb(data: bytes, name: str) -> None:
    """Files that unpack to more than any table; judged by what the archive says of itself."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > LARGEST_UNPACKED:
        raise UnreadableSheet(
            f"{name} would unpack to more than we can take. Leave out pictures and sheets that are not "
            "needed, or split the table, and send it again."
        )


def _lines(sheet: Any) -> Lines:
    cells = [[written(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    remarks: list[str] = []
    for merged in sheet.merged_cells.ranges:
        top = cells[merged.min_row - 1][merged.min_col - 1]
        for line in range(merged.min_row - 1, min(merged.max_row, len(cells))):
            for place in range(merged.min_col - 1, min(merged.max_col, len(cells[line]))):
                cells[line][place] = top
        if merged.max_row > merged.min_row:
            remarks.append(
                f"Rows {merged.min_row} to {merged.max_row} share a merged cell; each has its words."
            )
    return Lines(cells, tuple(remarks))


def written(value: object) -> str:
    """A cell's value as a person would type it; a day without a time of day as `2027-01-31`."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value)


def decoded(data: bytes, name: str, taken: str) -> str:
    """A text file's characters; `taken` names the kinds of file the door takes. Raises UnreadableSheet."""
    for encoding in (
        ("utf-8-sig", "utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    ):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableSheet(f"{name} is no table that can be read here. We take {taken}.")


def csv_lines(text: str, name: str) -> list[list[str]]:
    """The lines of a CSV file, parted by commas, semicolons or tabs. Raises UnreadableSheet."""
    sign = _parting_sign(text)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=sign))
    except csv.Error as error:
        raise UnreadableSheet(f"{name} cannot be read as a table ({error}).") from error


def _parting_sign(text: str) -> str:
    """What parts the cells: the sign most frequent in the first line, or what the table looks like."""
    first = text.lstrip().partition("\n")[0]
    sign = max(",;\t", key=first.count)
    if first.count(sign) > 1:
        return sign
    try:
        return csv.Sniffer().sniff(text[:20_000], delimiters=",;\t").delimiter
    except csv.Error:
        return ","


# --- writing

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(words: str) -> str:
    """Words that no spreadsheet takes for a formula: a sign at the start gets an apostrophe before it."""
    return f"'{words}" if words[:1] in _FORMULA else words


def plain(words: str) -> str:
    """Words as they were before `harmless`."""
    return words[1:] if words[:1] == "'" and words[1:2] in _FORMULA else words


def write_csv(lines: Iterable[Sequence[str]], into: IO[bytes]) -> int:
    """Write lines that open in any spreadsheet without becoming formulas; returns how many."""
    text = io.TextIOWrapper(into, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    count = 0
    for line in lines:
        writer.writerow([harmless(words) for words in line])
        count += 1
    text.flush()
    text.detach()
    return count
