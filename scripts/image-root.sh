#!/usr/bin/env bash
# image-root.sh BINARY DIR: makes the files of the image in DIR. DIR/root is what
# the image holds: the binary, certificates, users and a place for temporary
# files. DIR/empty is what its two directories are copied from, so that they get
# their owner there. All times are SOURCE_DATE_EPOCH, so that the same commit
# gives the same image.
set -euo pipefail

binary=$1 dir=$2
user=65532 # as distroless has it

# Mozilla's certificates as Debian ships them, without those that this machine
# trusts besides.
certificates=/usr/share/ca-certificates/mozilla
if ! compgen -G "$certificates/*.crt" >/dev/null; then
    echo "there are no certificates in $certificates: install the package ca-certificates" >&2
    exit 1
fi

rm -rf "$dir"
mkdir -p "$dir"/empty "$dir"/root/{etc/ssl/certs,run,tmp,usr/bin,var/lib}
install -m 755 "$binary" "$dir/root/usr/bin/aftercheck"
cat "$certificates"/*.crt >"$dir/root/etc/ssl/certs/ca-certificates.crt"
cat >"$dir/root/etc/passwd" <<END
root:x:0:0:root:/:/sbin/nologin
aftercheck:x:$user:$user:Aftercheck:/var/lib/aftercheck:/sbin/nologin
END
cat >"$dir/root/etc/group" <<END
root:x:0:
aftercheck:x:$user:
END
find "$dir" -type d -exec chmod 755 {} +
chmod 1777 "$dir/root/tmp"
chmod 644 "$dir"/root/etc/{passwd,group} "$dir/root/etc/ssl/certs/ca-certificates.crt"
find "$dir" -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH:-0}" {} +
