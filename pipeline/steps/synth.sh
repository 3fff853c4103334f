#!/usr/bin/env bash
# Synthesises every stack into cdk.out. A finding of cdk-nag, an invalid template, a limit of AWS that would
# be passed or a permission that CloudFormation lacks fails here, before anything is deployed.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

python_tools
cdk_cli
build_python_functions
say "Synthesis"
npx --no-install cdk synth --quiet
