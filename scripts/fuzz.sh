#!/usr/bin/env bash
# fuzz.sh [DURATION]: runs each fuzz test of the tree for the given time (10s).
set -euo pipefail
cd "$(dirname "$0")/.."

duration=${1:-10s}
while IFS=: read -r file name; do
    echo "== $file $name"
    go test -run '^$' -fuzz "^$name\$" -fuzztime "$duration" "./$(dirname "$file")"
done < <(git ls-files '*_test.go' | xargs grep -o 'func Fuzz[A-Za-z0-9_]*' | sed 's/func //')
