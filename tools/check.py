"""Runs every check that needs no running product, and says which failed."""

import os
import subprocess
import sys
import tempfile
import time

PY = sys.executable
CHECKS: list[tuple[str, list[str], list[str] | None]] = [
    # name, command, command that mends it
    ("format", ["ruff", "format", "--check", "-q", "."], ["ruff", "format", "-q", "."]),
    ("lint", ["ruff", "check", "-q", "."], ["ruff", "check", "-q", "--fix", "."]),
    ("types", ["mypy", "src/posthouse", "tools"], None),
    ("types of the client", ["mypy", "--config-file", "client/pyproject.toml", "client/src/posthouse_client"], None),
    ("types of the demo", ["mypy", "demo"], None),
    ("walls", ["lint-imports", "--no-cache"], None),
    ("rooms and doors", [PY, "tools/walls.py"], None),
    ("django", [PY, "-m", "django", "check", "--fail-level", "WARNING"], None),
    ("migrations", [PY, "-m", "django", "makemigrations", "--check", "--dry-run", "-v0"], None),
    ("translations", [PY, "tools/messages.py", "check"], [PY, "tools/messages.py", "extract"]),
    ("generated documents", [PY, "tools/reference.py", "check"], [PY, "tools/reference.py", "write"]),
]


def main() -> int:
    """Run all, or those whose names are given; `--fix` mends first."""
    wanted = [name for name in sys.argv[1:] if not name.startswith("-")]
    failed = []
    with tempfile.TemporaryDirectory() as data:
        env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "posthouse.config.settings",
            "POSTHOUSE_DATA": data,
            "PYTHONPATH": os.pathsep.join(["src", "client/src", "demo", "."]),
        }
        for name, command, mend in CHECKS:
            if wanted and name not in wanted:
                continue
            if "--fix" in sys.argv and mend:
                subprocess.run(mend, env=env, check=False)
            if not _passes(name, command, env):
                failed.append(name)
    print("all checks passed" if not failed else f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def _passes(name: str, command: list[str], env: dict[str, str]) -> bool:
    began = time.monotonic()
    done = subprocess.run(command, env=env, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    ok = done.returncode == 0
    print(f"{'ok    ' if ok else 'FAILED'} {name} ({time.monotonic() - began:.1f} s)", flush=True)
    if not ok:
        print(done.stdout.rstrip())
    return ok


if __name__ == "__main__":
    sys.exit(main())
