#!/usr/bin/env bash
# put-policy.sh ARN FILE: makes the managed policy, or makes FILE its default version. IAM keeps five versions,
# so the oldest that is not in use gives way. A file's path is the repository's own.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

(($# == 2)) || fail "usage: put-policy.sh ARN FILE"
arn=$1 file=$2

if ! found=$(aws iam get-policy --policy-arn "$arn" --query Policy.Arn --output text 2>&1); then
  [[ "$found" == *NoSuchEntity* ]] || fail "$found"
  aws iam create-policy --policy-name "${arn##*/}" --policy-document "file://$file" \
    --query Policy.Arn --output text
  exit
fi
versions=$(aws iam list-policy-versions --policy-arn "$arn" --output text \
  --query 'reverse(sort_by(Versions, &CreateDate))[?!IsDefaultVersion].VersionId')
read -ra unused <<<"$versions"
if ((${#unused[@]} >= 4)); then
  aws iam delete-policy-version --policy-arn "$arn" --version-id "${unused[-1]}"
fi
aws iam create-policy-version --policy-arn "$arn" --policy-document "file://$file" --set-as-default \
  --query PolicyVersion.VersionId --output text
