#!/usr/bin/env bash
# Watches the environment's health alarm for BAKE_MINUTES and fails as soon as it is in ALARM. Used
# for environments in another account than the pipeline's, whose alarms a stage condition cannot read.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

required BAKE_MINUTES DELIVERY_REGION HEALTH_ALARM LOOKUP_ROLE_ARN
export AWS_REGION="$DELIVERY_REGION" AWS_DEFAULT_REGION="$DELIVERY_REGION"

# A role chain ends after an hour, so every look takes the role anew.
health() (
  assume_role "$LOOKUP_ROLE_ARN" bake
  aws cloudwatch describe-alarms --alarm-names "$HEALTH_ALARM" --alarm-types CompositeAlarm \
    --query 'CompositeAlarms[0].StateValue' --output text
)

step_tools
say "$HEALTH_ALARM must stay out of ALARM for $BAKE_MINUTES minutes"
end=$((SECONDS + BAKE_MINUTES * 60))
while :; do
  state=$(health)
  printf '%s %s\n' "$(date -u +%H:%M:%S)" "$state"
  case "$state" in
    ALARM) fail "$HEALTH_ALARM is in ALARM: the stage fails and rolls back" ;;
    None) fail "there is no alarm $HEALTH_ALARM in $DELIVERY_REGION: the environment's stacks must make it" ;;
  esac
  ((SECONDS < end)) || break
  sleep "${BAKE_INTERVAL_SECONDS:-30}"
done
