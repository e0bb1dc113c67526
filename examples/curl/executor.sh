#!/bin/sh
# An executor in a few lines of shell and curl that has its repair verified.
#
#   executor.sh SOCKET INCIDENT COMMAND [ARGUMENT...]
#
# Runs the command as the repair of the incident and prints the verification.
# The incident and the action must hold no quotes here; jq would take care of them.
set -eu
socket=$1 incident=$2
shift 2

ask() { # PATH BODY
	curl --silent --show-error --fail-with-body --max-time 150 --unix-socket "$socket" \
		--header 'Content-Type: application/json' --data "$2" "http://localhost$1"
}
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# The IDs are ours, so each request may be sent again if its answer is lost.
attempt=$incident-$(date -u +%Y%m%d%H%M%S)-$$

# A repair goes on without its sidecar.
ask /v1/snapshots "{\"id\":\"$attempt\",\"incident\":{\"id\":\"$incident\"},\"action\":{\"text\":\"$*\"}}" >/dev/null || true

started=$(now)
"$@" || echo "the repair itself failed" >&2

ask "/v1/verifications?wait=2m" "{
	\"id\": \"$attempt\",
	\"snapshot_id\": \"$attempt\",
	\"incident\": {\"id\": \"$incident\"},
	\"action\": {\"text\": \"$*\", \"started_at\": \"$started\", \"finished_at\": \"$(now)\"}
}"
