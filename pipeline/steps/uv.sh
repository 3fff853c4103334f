#!/usr/bin/env bash
# Prints the path of the uv that requirements.lock pins. It is fetched once and kept beside uv's own
# cache: a virtual environment with pip, only to fetch it, takes longer than all that uv then does.
set -euo pipefail
lock="$(dirname "${BASH_SOURCE[0]}")/../../requirements.lock"

# The entry with its hashes: it goes on for as long as lines end in a backslash.
pinned=$(awk '/^uv==/ { found = 1 } found { print } found && !/\\$/ { exit }' "$lock")
version=$(sed -n '1s/^uv==\([0-9.]*\).*/\1/p' <<<"$pinned")
folder="${UV_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/uv}/pinned"
uv="$folder/uv-$version-$(uname -m)"

if [[ ! -x "$uv" ]]; then
  mkdir -p "$folder"
  work=$(mktemp -d "$folder/fetching-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  python3 -m venv "$work/venv" >&2 || {
    echo "python3 has no venv module; on Debian: apt-get install python3-venv" >&2
    exit 1
  }
  echo "$pinned" >"$work/uv.lock"
  "$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$work/uv.lock" >&2
  mv "$work/venv/bin/uv" "$uv"
fi
echo "$uv"
