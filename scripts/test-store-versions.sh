#!/usr/bin/env bash
# test-store-versions.sh: runs the store's tests on servers that this machine's
# Debian does not have: Valkey 8.1 and Redis 6.0, older than what is supported,
# out of Debian's other releases. They are extracted below .cache/stores with the
# libraries that they need, and nothing is installed.
#
# Redis 6.0 cannot run the tests that set up a server by words of later versions
# (cluster-port, resetchannels, INFO with several sections); all others run.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=$PWD/.cache/stores

# Where this machine gets Debian's packages from.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 '/debian/\?$')

# extract RELEASE PACKAGE: downloads a package with what it depends on.
extract() {
    local root=$cache/$1 apt=$cache/apt-$1
    [ -e "$root/done" ] && return
    mkdir -p "$root" "$apt"/{lists/partial,cache/archives/partial}
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main" >"$apt/sources.list"
    : >"$apt/status"
    local options=(-qq -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$apt/lists"
        -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" -o APT::Install-Recommends=false)
    apt-get "${options[@]}" update
    apt-get "${options[@]}" install --yes --download-only "$2"
    for package in "$apt"/cache/archives/*.deb; do dpkg -x "$package" "$root"; done
    touch "$root/done"
}

# wrap RELEASE BINARY: makes a redis-server of a binary with its own libraries.
wrap() {
    local root=$cache/$1 bin=$cache/$1/wrapped loader
    loader=$(find "$root" -name ld-linux-x86-64.so.2 -print -quit)
    mkdir -p "$bin"
    printf '#!/bin/sh\nexec %q --library-path %q %q "$@"\n' "$loader" \
        "$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu" "$root/usr/bin/$2" >"$bin/redis-server"
    chmod +x "$bin/redis-server"
    "$bin/redis-server" --version
}

extract trixie valkey-server
wrap trixie valkey-server
PATH=$cache/trixie/wrapped:$PATH go test -count=1 ./internal/evidence

extract bullseye redis-server
wrap bullseye redis-server
PATH=$cache/bullseye/wrapped:$PATH go test -count=1 ./internal/evidence \
    -skip 'ACL|Cluster|PasswordIsReadAgain|IdleCost|CostOfAVerification|WaitsForReplicas'
