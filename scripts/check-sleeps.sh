#!/usr/bin/env bash
# Finds tests that sleep in real time: files with time.Sleep that do not import
# testing/synctest, in whose bubbles sleeping takes no time.
set -euo pipefail
cd "$(dirname "$0")/.."

found=$(git grep -l 'time\.Sleep(' -- '*_test.go' | xargs -r grep -L '"testing/synctest"' || true)
[ -z "$found" ] && exit 0
echo "these tests sleep in real time; poll a condition (testbed.Eventually) or use testing/synctest:" >&2
echo "$found" >&2
exit 1
