# Sourced by `deploy`, `undeploy`, `sweep` and `release`: the stage, and the aws command that reaches it. Sets stage, local, app, services.

source "$(dirname "${BASH_SOURCE[0]}")/venv.sh"
app=shop
stacks=$root/infra/stacks

stage=${1:-}
[[ $stage =~ ^[a-z]([a-z0-9-]{0,14}[a-z0-9])?$ ]] ||
  die "usage: $(basename "$0") STAGE, lower-case letters, digits and -, 16 at most; local is LocalStack"

# Stages that live on LocalStack: local, local-2, ….
local=
[[ $stage == local || $stage == local-* ]] && local=yes

services=$(cd "$stacks" && printf '%s\n' *.yaml | sed 's/\.yaml$//' | grep -vx bus)
if [ -n "${SERVICE:-}" ]; then
  grep -qx -- "$SERVICE" <<<"$services" || die "there is no service $SERVICE: choose one of $(tr '\n' ' ' <<<"$services")"
  services=$SERVICE
fi

tools_bin=$(tool_env aws)
if [ -n "$local" ]; then
  export AWS_ENDPOINT_URL=${AWS_ENDPOINT_URL:-http://127.0.0.1:4566}
  [[ $AWS_ENDPOINT_URL =~ ^https?://(127\.0\.0\.1|localhost|\[::1\])(:|/|$) ]] ||
    die "the stage $stage is for LocalStack on this machine, and AWS_ENDPOINT_URL is $AWS_ENDPOINT_URL"
  # LocalStack takes any; what the shell has for the real AWS stays away from it.
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
  unset AWS_PROFILE AWS_SESSION_TOKEN
  # By option too: awscli of version 1 sends `sqs` to queue.amazonaws.com otherwise.
  aws() { "$tools_bin/aws" --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
  aws sts get-caller-identity >/dev/null 2>&1 ||
    die "no LocalStack answers at $AWS_ENDPOINT_URL: start it with localstack/waxseal-localstack start"
else
  [ -z "${AWS_ENDPOINT_URL:-}" ] || die "AWS_ENDPOINT_URL is set, and the stage $stage is for AWS: unset it, or deploy to local"
  # An aws command on this machine is signed in already. The locked one is for machines without one.
  if ! command -v aws >/dev/null || ! command aws --version >/dev/null 2>&1; then
    aws() { "$tools_bin/aws" "$@"; }
  fi
fi
export AWS_PAGER= AWS_MAX_ATTEMPTS=5 AWS_RETRY_MODE=standard

# status STACK: its status, `none` where there is no such stack.
status() {
  aws cloudformation describe-stacks --stack-name "$1" --query 'Stacks[0].StackStatus' --output text 2>/dev/null || echo none
}

# settle STACK: waits until CloudFormation is done with it, and prints how it ended.
settle() {
  local now
  while now=$(status "$1"); [[ $now == *_IN_PROGRESS ]]; do sleep "${POLL_SECONDS:-$([ -n "$local" ] && echo 0.5 || echo 5)}"; done
  printf '%s\n' "$now"
}

# reasons STACK: why it failed, newest first.
reasons() {
  aws cloudformation describe-stack-events --stack-name "$1" --output text \
    --query 'StackEvents[?ends_with(ResourceStatus, `FAILED`)].[LogicalResourceId,ResourceStatusReason]' | head -20 >&2
}
