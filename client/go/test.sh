#!/bin/sh
# Checks format and vet, and runs the tests of this package; OUT is as in run.sh.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
unformatted=$(gofmt -l "$here")
if [ -n "$unformatted" ]; then
  echo "gofmt would change: $unformatted" >&2
  exit 1
fi
packages='sluice.dev/sluicerows sluice.dev/sluicerows/example
sluice.dev/sluicerows/longvalues sluice.dev/sluicerows/ownwrites
sluice.dev/sluicerows/debian'
# shellcheck disable=SC2086  # several words
"$here/run.sh" "$1" vet $packages
exec "$here/run.sh" "$1" test -count=1 sluice.dev/sluicerows
