#!/usr/bin/env bash
# release-files.sh VERSION: makes what a release holds beside the binary, below bin/release: the manual
# page and the shells' completions.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p bin/release/completion
go build -trimpath -buildvcs=false -ldflags "-X github.com/prometheus/common/version.Version=$1" -o bin/release/aftercheck ./cmd/sidecar
# As for one who has no directories of their own, so that the page's defaults are
# the system's.
plain=(env -i HOME= bin/release/aftercheck)
"${plain[@]}" --help-man >bin/release/aftercheck.1
"${plain[@]}" --completion-script-bash >bin/release/completion/aftercheck.bash
"${plain[@]}" --completion-script-zsh >bin/release/completion/_aftercheck
rm bin/release/aftercheck
