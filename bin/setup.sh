# Sourced by the scripts beside it: goes to the root of the checkout and makes .venv match a lock file.
#   . "$(dirname "$0")/setup.sh"; setup dev
set -eu
cd "$(dirname "$0")/.."

setup() {
  lock="requirements/$1.lock"
  venv="${POSTHOUSE_VENV:-.venv}"
  if [ ! -x "$venv/bin/python" ]; then
    for python in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
      "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break
    done
    echo "set-up: making $venv" >&2
    "$python" -m venv "$venv"
  fi
  PATH="$PWD/$venv/bin:$PATH"
  case "$venv" in /*) PATH="$venv/bin:$PATH" ;; esac
  export PATH
  want="$(cat "$lock" pyproject.toml client/pyproject.toml | cksum)"
  stamp="$venv/.posthouse-$1"
  if [ "$(cat "$stamp" 2>/dev/null)" != "$want" ]; then
    echo "set-up: installing $lock" >&2
    python -m pip install -q --disable-pip-version-check --require-hashes -r "$lock"
    python tools/messages.py compile
    python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e client -e .
    echo "$want" > "$stamp"
  fi
  python tools/messages.py compile
}
