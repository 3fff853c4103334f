#!/usr/bin/env bash
# Python: lint, types, and the unit tests with a JUnit report in reports/. Tests that need functions, the CDK
# CLI, a browser, a database or a rehearsal run under `make test`; synthesis is a step of its own.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

unit_tests=()
for folder in tests/delivery/config tests/delivery/report tests/rehearsal/planning tests/agents/unit; do
  [[ -d "$folder" ]] && unit_tests+=("$folder")
done

python_tools
say "Lint"
# A rehearsal builds below a folder that the surrounding repository ignores; ruff would see nothing.
ruff check --no-respect-gitignore --output-format concise .
ruff format --no-respect-gitignore --check .
if command -v shellcheck >/dev/null; then
  shellcheck pipeline/steps/*.sh
else
  echo "ShellCheck has no wheel for $(uname -m) and this image does not bring it: make lint runs it"
fi
say "Types"
mypy
say "Unit tests"
mkdir -p reports
pytest "${unit_tests[@]}" --ignore-glob='*_in_a_browser.py' \
  --ignore-glob='*_by_the_cdk_cli.py' --junitxml=reports/python.xml --quiet
