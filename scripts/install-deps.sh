#!/usr/bin/env bash
# install-deps.sh [docker]: installs the Debian packages whose servers the tests
# start, if they are missing; with docker those for `make image-test`. No service
# is started by the installation: the tests start their own.
set -euo pipefail

# package:binary, for each server that a test starts.
needed=(
    redis-server:redis-server
    prometheus:prometheus
    prometheus-alertmanager:prometheus-alertmanager
    curl:curl # the examples are run as they are
    python3:python3
    nodejs:node # the dashboards are held to Grafana's type of them
    npm:npm
    openssl:openssl # makes certificates for them
    mypy:mypy # checks client/python
    ansible-core:ansible-playbook # runs examples/ansible
    chromium:chromium # the evidence pages are looked at
)
if [ "${1:-}" = docker ]; then
    needed=(
        docker.io:dockerd # and the docker that goes with it
        iptables:iptables
        busybox-static:busybox # what runs in the tests' containers
        ca-certificates:update-ca-certificates
        openssh-server:sshd
        haproxy:haproxy
    )
fi

missing=()
for entry in "${needed[@]}"; do
    # /usr/sbin is where Debian keeps some servers, and not on everybody's path
    PATH=$PATH:/usr/sbin command -v "${entry#*:}" >/dev/null || missing+=("${entry%%:*}")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "these servers are needed by the tests and there is no apt-get to install them: ${missing[*]}" >&2
    exit 1
fi

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# A policy-rc.d that exits with 101 keeps packages from starting their services.
# One that is there already is the machine's own and stays.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    trap 'as_root rm -f $policy' EXIT
fi

echo "installing ${missing[*]}"
as_root apt-get -o DPkg::Lock::Timeout=300 update -q
as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
    install -q -y --no-install-recommends "${missing[@]}"
