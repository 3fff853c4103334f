# Sourced by every step: strict mode, the repository as working folder, its own tools first on PATH.
# shellcheck shell=bash
#
# A step runs in CodeBuild and on any machine alike. Versions come from the repository's lock files
# only; in a build, what was fetched is kept under build/cache, which the build specification caches,
# unless whoever runs the build has named a place already, as a rehearsal does.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export PATH="$PWD/.venv/bin:$PATH"

if [[ -n "${CODEBUILD_BUILD_ID:-}" ]]; then
  export UV_CACHE_DIR="${UV_CACHE_DIR:-$PWD/build/cache/uv}"
  export npm_config_cache="${npm_config_cache:-$PWD/build/cache/npm}"
  export CARGO_HOME="${CARGO_HOME:-$PWD/build/cache/cargo}"
fi

say() { printf '\n--- %s\n' "$*"; }

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

python_tools() {
  say "Python tools, as requirements.lock has them"
  make --silent .venv/.locked
}

# For steps that neither check nor synthesise. Installed apart, because a person's .venv is not to shrink.
step_tools() {
  say "Python tools, as pipeline/steps/requirements.lock has them"
  bash pipeline/steps/environment.sh build/step-tools pipeline/steps/requirements.lock
  export PATH="$PWD/build/step-tools/bin:$PATH"
}

cdk_cli() {
  say "CDK CLI, as package-lock.json has it"
  make --silent node_modules/.locked
}

rust_tools() {
  if ! command -v cargo >/dev/null; then
    say "rustup: this image has no Rust"
    export RUSTUP_HOME="${RUSTUP_HOME:-$PWD/build/cache/rustup}"
    install_rustup
    export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
  fi
  say "Rust, as rust-toolchain.toml has it"
  cargo --version
}

# The release that is named here and nothing else: what is fetched is run only where its checksum is right.
RUSTUP_VERSION=1.28.2
install_rustup() {
  local machine checksum folder installer
  machine=$(uname -m)
  case "$machine" in
    aarch64) checksum=e3853c5a252fca15252d07cb23a1bdd9377a8c6f3efa01531109281ae47f841c ;;
    x86_64) checksum=20a06e644b0d9bd2fbdbfd52d42540bdde820ea7df86e92e533c073da0cdd43c ;;
    *) fail "no checksum of rustup is known for $machine: add it to pipeline/steps/lib.sh" ;;
  esac
  folder=$(mktemp -d)
  installer="$folder/rustup-init" # by its name it knows that it is to install
  curl --proto '=https' --tlsv1.2 --fail --silent --show-error --output "$installer" \
    "https://static.rust-lang.org/rustup/archive/$RUSTUP_VERSION/$machine-unknown-linux-gnu/rustup-init"
  sha256sum --check --strict --quiet <<<"$checksum  $installer" ||
    fail "rustup $RUSTUP_VERSION for $machine is not the file that pipeline/steps/lib.sh names: it is not run"
  chmod +x "$installer"
  "$installer" -y --quiet --no-modify-path --profile minimal --default-toolchain none
  rm -r "$folder"
}

# FUNCTION_ARCHITECTURE says what functions are built for: `arm64` for AWS, `host` for a rehearsal or
# a look at the templates. Unset, the machine decides: ARM builds what AWS runs, anything else builds
# for itself. Nothing is cross-compiled unless it is asked for.
function_architecture() {
  local default=host
  [[ "$(uname -m)" == aarch64 && -z "${AWS_ENDPOINT_URL:-}" ]] && default=arm64
  echo "${FUNCTION_ARCHITECTURE:-$default}"
}

build_rust_functions() {
  local architecture flags=()
  architecture=$(function_architecture)
  case "$architecture" in
    arm64) flags=(--release --arm64) ;;
    host) flags=(--profile rehearsal) ;;
    *) fail "FUNCTION_ARCHITECTURE=$architecture is neither arm64 nor host" ;;
  esac
  if [[ ! -f lambdas/Cargo.toml ]]; then
    say "There is no Cargo workspace at lambdas/Cargo.toml: no Rust function is built"
    mkdir -p lambdas/target/lambda && touch lambdas/target/lambda/.none
    return
  fi
  say "Rust functions for $architecture"
  SOURCE_ROOT="$PWD" CARGO_FOLDER="${CARGO_HOME:-$HOME/.cargo}" \
    RUSTC_WRAPPER="$PWD/pipeline/steps/rustc-without-paths.sh" \
    cargo lambda build --manifest-path lambdas/Cargo.toml --workspace --locked "${flags[@]}"
  mkdir -p lambdas/target/lambda && touch lambdas/target/lambda/.built
}

build_python_functions() {
  say "Python functions"
  python -m blocks.function_assets
}

# assume_role ARN SESSION: the rest of this shell speaks to AWS as that role.
assume_role() {
  local credentials
  credentials=$(aws sts assume-role --role-arn "$1" --role-session-name "$2" --output text \
    --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]')
  read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN <<<"$credentials"
  export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
  unset AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_CREDENTIALS_FULL_URI
}

required() {
  local name
  for name in "$@"; do
    [[ -n "${!name:-}" ]] || fail "$name is not set; this step runs inside the pipeline"
  done
}
