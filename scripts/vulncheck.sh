#!/usr/bin/env bash
# vulncheck.sh: looks for known vulnerabilities in what is called, without asking
# a server for them: the reports are those in the module golang.org/x/vulndb, of
# the version in $VULNDB. "latest" looks for the newest.
set -euo pipefail
cd "$(dirname "$0")/.."

checker=$(scripts/build-tool.sh govulncheck golang.org/x/vuln/cmd/govulncheck)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for tool in vulndb vulnverdict; do
    (cd "tools/$tool" && go build -o "$work/$tool" .)
done

# In a directory without a module, so that ours does not gain it.
mkdir "$work/empty"
reports=$(cd "$work/empty" && go mod download -json "golang.org/x/vulndb@${VULNDB:?}" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
"$work/vulndb" "$reports/data/osv" "$work/database"

# govulncheck's own exit code does not tell modules from the standard library.
"$checker" -format json -db "file://$work/database" ./... >"$work/findings.json"
echo "reports: golang.org/x/vulndb@$VULNDB"
"$work/vulnverdict" <"$work/findings.json"
