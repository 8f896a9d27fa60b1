"""Secrets that a first start makes for itself and keeps in files only its owner can read."""

import base64
import json
import os
import secrets
from pathlib import Path


def local_secret(path: Path) -> str:
    """The text in the file; made at the first call."""
    return _read_or_make(path, secrets.token_urlsafe(50))


def local_peppers(path: Path) -> dict[str, str]:
    """Pepper id to base64 pepper, from the file; made with one pepper at the first call."""
    made = json.dumps({"1": base64.b64encode(secrets.token_bytes(32)).decode()})
    peppers: dict[str, str] = json.loads(_read_or_make(path, made))
    return peppers


def _read_or_make(path: Path, value: str) -> str:
    """Two processes may start at once: the file appears whole or not at all, and the first one wins."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(value)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
