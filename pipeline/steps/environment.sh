#!/usr/bin/env bash
# environment.sh FOLDER LOCK: makes FOLDER a virtual environment with exactly the packages of LOCK.
# One that is there is changed where it differs, so that a build which finds it in its cache is ready at
# once. A build's is relocatable, because CodeBuild unpacks each source into a folder of another name.
set -euo pipefail
folder=$1 lock=$2

uv=$(bash "$(dirname "${BASH_SOURCE[0]}")/uv.sh")
version='import sys; print(*sys.version_info[:2])'
if [[ "$("$folder/bin/python" -c "$version" 2>/dev/null)" != "$(python3 -c "$version")" ]]; then
  relocatable=(${CODEBUILD_BUILD_ID:+--relocatable})
  "$uv" venv --quiet --clear "${relocatable[@]}" --no-project --python "$(command -v python3)" "$folder"
fi
VIRTUAL_ENV=$folder "$uv" pip sync --quiet "$lock"
