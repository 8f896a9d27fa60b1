"""Reads a file of addresses as people have them: plain lines, or CSV from a spreadsheet or another mail service."""

import csv
import io

MOST_LINES = 20_000
NAMES = ("email", "e-mail", "email address", "address", "correo")


class Unreadable(ValueError):
    """The file is no text, or too long; said in `args`."""


def addresses_in(content: bytes) -> list[tuple[int, str, str]]:
    """Line number, address and note of each line. Raises Unreadable ("encoding" or "length")."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("encoding") from error
    lines = text.replace("\x00", "").splitlines()
    if len(lines) > MOST_LINES:
        raise Unreadable("length")
    first = lines[0] if lines else ""
    rows = csv.reader(io.StringIO("\n".join(lines)), delimiter=";" if first.count(";") > first.count(",") else ",")
    return _read(list(enumerate(rows, 1)))


def _read(rows: list[tuple[int, list[str]]]) -> list[tuple[int, str, str]]:
    head = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    column = next((head.index(name) for name in NAMES if name in head), None)
    note = head.index("note") if column is not None and "note" in head else None
    body = rows[1:] if column is not None else rows
    return [
        (number, _cell(cells, column or 0), _cell(cells, note) if note is not None else "")
        for number, cells in body
        if any(cell.strip() for cell in cells)
    ]


def _cell(cells: list[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""
