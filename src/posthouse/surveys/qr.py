"""QR codes of addresses, as SVG and as PNG, black on white with the quiet zone of four modules (ISO/IEC 18004)."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
import zxingcpp

PNG_MODULE = 12
"""Pixels of a module in a PNG: about 500 in all for an address of ours, sharp in print up to some centimetres."""
LEVEL = "M"
"""Of error correction: a sheet of paper with 15 % of it unreadable still works."""
BLACK = 128


def svg(text: str) -> str:
    """As a drawing that can be printed at any size."""
    rows = _rows(text)
    size = len(rows)
    path = "".join(f"M{start} {y}h{length}v1h-{length}z" for y, row in enumerate(rows) for start, length in _runs(row))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/><path fill="#000" d="{path}"/></svg>\n'
    )


def png(text: str, module: int = PNG_MODULE) -> bytes:
    """As a picture of one bit a pixel, each module so many pixels wide."""
    rows = _rows(text)
    lines = []
    for row in rows:
        bits = "".join(("0" if dark else "1") * module for dark in row)
        padded = bits.ljust(-(-len(bits) // 8) * 8, "0")
        lines += [b"\0" + int(padded, 2).to_bytes(len(padded) // 8)] * module
    size = len(rows) * module
    head = struct.pack(">IIBBBBB", size, size, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(lines), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def _rows(text: str) -> list[list[bool]]:
    """The modules, True where dark, with the quiet zone around."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=LEVEL)
    picture = np.asarray(code.to_image(scale=1, add_quiet_zones=True))
    return [[bool(dark) for dark in row] for row in picture < BLACK]


def _runs(row: list[bool]) -> Iterator[tuple[int, int]]:
    start: int | None = None
    for at, dark in enumerate([*row, False]):
        if dark and start is None:
            start = at
        elif not dark and start is not None:
            yield start, at - start
            start = None


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
