#!/usr/bin/env bash
# Builds every function, Rust and Python, for this machine (or FUNCTION_ARCHITECTURE=arm64).
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

build_rust_functions
build_python_functions
