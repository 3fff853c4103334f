#!/usr/bin/env bash
# smoke.sh APPLICATION...: the applications' smoke tests against what was just deployed. Outputs of
# the deployment come in as environment variables; AWS is spoken to as the environment's smoke role.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

(($# > 0)) || fail "usage: smoke.sh APPLICATION..."
required DELIVERY_ENVIRONMENT DELIVERY_REGION SMOKE_ROLE_ARN

step_tools
say "As ${SMOKE_ROLE_ARN##*/} in $DELIVERY_REGION"
export AWS_REGION="$DELIVERY_REGION" AWS_DEFAULT_REGION="$DELIVERY_REGION"
assume_role "$SMOKE_ROLE_ARN" smoke
mkdir -p reports
for application in "$@"; do
  [[ -d "tests/smoke/$application" ]] ||
    fail "$application promises smoke tests and there is no folder tests/smoke/$application"
  say "Smoke tests of $application in $DELIVERY_ENVIRONMENT"
  python -m pytest "tests/smoke/$application" -p no:cacheprovider --junitxml="reports/smoke-$application.xml"
done
