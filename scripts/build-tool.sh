#!/usr/bin/env bash
# build-tool.sh NAME PACKAGE: builds a tool from its own module, tools/NAME, and
# prints the path of the binary. It is kept below .cache/bin under a name that
# changes with its version, so that it is built once.
set -euo pipefail
cd "$(dirname "$0")/.."

key=$({ go version; cat "tools/$1/go.mod" "tools/$1/go.sum"; } | sha256sum | cut -c1-16)
binary=$PWD/.cache/bin/$1-$key
if [ ! -x "$binary" ]; then
    echo "building $1, once" >&2
    mkdir -p .cache/bin
    (cd "tools/$1" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$binary.part" "$2")
    mv "$binary.part" "$binary"
fi
echo "$binary"
