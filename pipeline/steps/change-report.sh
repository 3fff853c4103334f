#!/usr/bin/env bash
# Builds the change report of the next environment from cdk.out, keeps it with the artifacts, and
# leaves build/change-report.env behind: the two variables that the approval shows.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

required ARTIFACT_BUCKET DELIVERY_STAGE EXECUTION_ID PIPELINE_NAME PIPELINE_STACK PIPELINE_STAGE

step_tools
say "What $DELIVERY_STAGE is about to become"
mkdir -p build
python -m pipeline.change_report.publish --variables build/change-report.env
