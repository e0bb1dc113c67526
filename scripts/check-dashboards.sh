#!/usr/bin/env bash
# Holds dashboards/*.json to the type Dashboard of @grafana/schema, with the
# TypeScript compiler; both come from npm, in the versions of the lock file, which
# names no registry: the one that npm is set to is asked.
set -euo pipefail
cd "$(dirname "$0")/../dashboards/schema-check"

if grep -q '"resolved"' package-lock.json; then
    echo "dashboards/schema-check/package-lock.json names a registry; make it anew in that directory, whose .npmrc keeps it out" >&2
    exit 1
fi
# What is installed already, by this very lock file, is not installed again.
cmp -s package-lock.json node_modules/.aftercheck-lock || {
    npm ci --silent
    cp package-lock.json node_modules/.aftercheck-lock
}
npm run --silent check
