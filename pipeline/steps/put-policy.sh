#!/usr/bin/env bash
# put-policy.sh ARN FILE: makes the managed policy, or makes FILE its default version. IAM keeps five versions,
# so the oldest that is not in use gives way.
set -euo pipefail

(($# == 2)) || { echo "usage: put-policy.sh ARN FILE" >&2; exit 2; }
arn=$1 file=$2

if ! found=$(aws iam get-policy --policy-arn "$arn" --query Policy.Arn --output text 2>&1); then
  [[ "$found" == *NoSuchEntity* ]] || { echo "$found" >&2; exit 1; }
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
