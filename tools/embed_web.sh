#!/bin/sh
# Embeds the built web app: embed_web.sh EMBED DIST OUT.c DEPFILE. Without a built web app the list
# is empty and the server says so where the page would be.
set -eu
embed=$1 dist=$2 out=$3 depfile=$4
set --
if [ -f "$dist/index.html" ]; then
    set -- $(cd "$dist" && find . -type f ! -name '*.map' | sort | sed "s|^\./|$dist/|")
fi
"$embed" --gzip --symbol mu_web_files --root "$dist" "$out" "$@"
{
    printf '%s: %s/index.html' "$out" "$dist"
    for file; do printf ' %s' "$file"; done
    echo
} >"$depfile"
