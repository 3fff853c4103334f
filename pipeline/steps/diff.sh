#!/usr/bin/env bash
# diff.sh [REF]: what the working tree changes against another commit (default HEAD), as the change
# report before production would say it. Both are synthesised; nothing speaks to AWS.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

ref="${1:-HEAD}"
commit=$(git rev-parse --verify --quiet "$ref^{commit}") || fail "git knows no commit $ref"
scratch=$(mktemp -d)
trap 'git worktree remove --force "$scratch/tree" 2>/dev/null || true; rm -rf "$scratch"' EXIT

# The other commit is synthesised with the tools and the Rust functions that are here already: their
# bytes are no part of a template, and building them again would take minutes.
git worktree add --quiet --detach "$scratch/tree" "$commit"
ln -s "$PWD/.venv" "$PWD/node_modules" "$scratch/tree/"
if [[ -d lambdas/target ]]; then
  mkdir -p "$scratch/tree/lambdas" && ln -s "$PWD/lambdas/target" "$scratch/tree/lambdas/target"
fi

# The other commit may be anybody's: its code gets none of the person's credentials.
export UV_CACHE_DIR="${UV_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/uv}"
clean() { python -P -m rehearsal.emulator.environment "$scratch/home" "$@"; }

say "Synthesising ${commit:0:9}"
(
  cd "$scratch/tree"
  [[ ! -f blocks/function_assets.py ]] || clean .venv/bin/python -m blocks.function_assets >/dev/null
  clean npx --no-install cdk synth --quiet --output "$scratch/before"
)
say "Synthesising the working tree"
clean npx --no-install cdk synth --quiet --output "$scratch/after"

mkdir -p build
python -m pipeline.change_report --before "$scratch/before" --after "$scratch/after" \
  --policies-before "$scratch/tree/pipeline/permissions/kept" \
  --title "Working tree against $ref" --html build/diff.html
