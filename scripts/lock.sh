#!/bin/sh
# Writes the locks anew from pyproject.toml: every platform, Python 3.11 and newer, with hashes and
# without any address, so that each machine uses the package index it is set up for.
# requirements.lock is for work and tests, requirements.service.lock for what serves alone.
set -eu

for uv in uv .venv/bin/uv; do
    command -v "$uv" >/dev/null 2>&1 && break
    uv=''
done
if [ -z "$uv" ]; then
    echo "uv is missing. Install it with:" >&2
    echo "    .venv/bin/python -m pip install uv" >&2
    exit 1
fi

new=$(mktemp)
trap 'rm -f "$new"' EXIT

# Writes $1 from what the other arguments ask for; takes nothing that names an address or a path.
lock() {
    lock=$1
    shift
    # Start from the present lock, so that only what must change changes; UPGRADE=1 takes the newest.
    : > "$new"
    [ -n "${UPGRADE:-}" ] || [ ! -f "$lock" ] || cp "$lock" "$new"
    # One version of each package for every Python: what CI tried is what runs.
    "$uv" pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
        --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
        --custom-compile-command "make lock" "$@" --output-file "$new" pyproject.toml
    if grep -n -e '://' -e ' @ ' -e '^-' "$new" >&2; then
        echo "$lock would name an address or a path (lines above): not written." >&2
        exit 1
    fi
    cat "$new" > "$lock"
}

lock requirements.lock --group dev
# What serves is what was tested: the same versions, fewer of them.
lock requirements.service.lock --extra opentelemetry --constraint requirements.lock
