#!/usr/bin/env bash
# Rust: format, lints, the tests that need no database, and a release build of every function.
# Tests on a real PostgreSQL run under `make test`. What is built lies in lambdas/target/lambda.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

rust_tools
python_tools

if [[ -n "${CODEBUILD_BUILD_ID:-}" ]]; then
  python3 pipeline/steps/keep_times.py build/cache/times/rust.json
fi
if [[ -f lambdas/Cargo.toml ]]; then
  say "Format"
  cargo fmt --manifest-path lambdas/Cargo.toml --all --check
  say "Lints"
  cargo clippy --manifest-path lambdas/Cargo.toml --workspace --all-targets --locked --quiet -- -D warnings
  say "Tests"
  cargo test --manifest-path lambdas/Cargo.toml --workspace --locked --quiet
fi
build_rust_functions
