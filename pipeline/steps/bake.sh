#!/usr/bin/env bash
# Watches the environment's alarms for SLIPWAY_BAKE_MINUTES: what began to sound with the deployment fails
# the step, and with it the stage, which rolls back.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

required SLIPWAY_BAKE_MINUTES DELIVERY_REGION EXECUTION_ID HEALTH_ALARM LOOKUP_ROLE_ARN NOTIFICATION_TOPIC \
  PIPELINE_ACTION PIPELINE_NAME PIPELINE_STAGE

step_tools
python -m pipeline.gate
