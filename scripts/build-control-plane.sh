#!/usr/bin/env bash
# Builds the Kubernetes control plane that the end-to-end tests run on, from the
# modules under tools/control-plane: hyperkube (API server, controller manager,
# scheduler), kubectl, etcd, and kwok, which plays the kubelets.
#
# The binaries land in .cache/control-plane/KEY, where KEY changes with any
# version or build setting, and .cache/control-plane/current points there. What is
# built already is not built again: about 10 minutes the first time on two cores,
# nothing after that.
set -euo pipefail
cd "$(dirname "$0")/.."

modules=tools/control-plane
key=$({ go version; cat scripts/build-control-plane.sh $modules/*/go.mod $modules/*/go.sum $modules/kubernetes/hyperkube/main.go; } | sha256sum | cut -c1-16)
cache=.cache/control-plane
out=$PWD/$cache/$key

# version MODULE PATH: the version of the module PATH in the build of MODULE.
version() { (cd "$modules/$1" && go list -m -f '{{.Version}}' "$2"); }

# build MODULE PACKAGE BINARY [LDFLAGS]: builds unless the binary is there. The rename at
# the end keeps an interrupted build from looking like a whole one.
build() {
    [ -x "$out/$3" ] && return
    local start=$SECONDS
    (cd "$modules/$1" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w ${4:-}" -o "$out/$3.part" "$2")
    mv "$out/$3.part" "$out/$3"
    echo "built $3 in $((SECONDS - start)) s"
}

mkdir -p "$out"
kubernetes=$(version kubernetes k8s.io/kubernetes)
minor=$(cut -d. -f2 <<<"$kubernetes")
stamp=
for package in k8s.io/client-go/pkg/version k8s.io/component-base/version; do
    stamp+=" -X $package.gitVersion=$kubernetes -X $package.gitMajor=1 -X $package.gitMinor=$minor"
    stamp+=" -X $package.gitTreeState=clean -X $package.buildDate=1970-01-01T00:00:00Z"
    stamp+=" -X $package.gitCommit=0000000000000000000000000000000000000000"
done

build kubernetes ./hyperkube hyperkube "$stamp"
build kubernetes k8s.io/kubernetes/cmd/kubectl kubectl "$stamp"
build etcd go.etcd.io/etcd/server/v3 etcd
build kwok sigs.k8s.io/kwok/cmd/kwok kwok
ln -sfn "$key" $cache/current
echo "control plane: Kubernetes $kubernetes in $cache/current"
