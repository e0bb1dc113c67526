#!/usr/bin/env bash
# Writes again what the chart's objects are checked against: the Prometheus
# operator's definitions out of its module, and the schemas as the API server of
# the end-to-end tests describes them. Run it where the version of either changes.
set -euo pipefail
cd "$(dirname "$0")/.."

operator=v0.85.0

# In a directory without a module, so that ours does not gain it.
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
sources=$(cd "$empty" && go mod download -json "github.com/prometheus-operator/prometheus-operator@$operator" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
go test -tags e2e -count=1 -run '^TestSchemasAreTheServers$' ./e2e -write-schemas -operator "$sources/example/prometheus-operator-crd"
