#!/usr/bin/env bash
# Cargo's rustc wrapper: keeps this machine's folders out of the binaries, so that one commit gives the
# same bytes wherever it is built. As a flag for cargo the folders would be part of what it remembers a
# compilation by, and a build in another folder, as every build in CodeBuild is, would compile everything anew.
set -euo pipefail
compiler="$1"
shift
exec "$compiler" "$@" --remap-path-prefix="$SOURCE_ROOT=/build" --remap-path-prefix="$CARGO_FOLDER=/cargo"
