#!/bin/sh
# Compiles the lock files anew: with hashes, for every supported Python, without any index address.
set -eu
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
[ -x "$uv" ] || uv=uv
compile() {
  "$uv" pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-emit-package posthouse-client --no-header --custom-compile-command tools/lock.sh "$@"
}
compile -o requirements/posthouse.lock
compile --group demo --group build -c requirements/posthouse.lock -o requirements/demo.lock
compile --group dev --group build -c requirements/demo.lock -o requirements/dev.lock
