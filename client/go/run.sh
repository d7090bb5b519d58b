#!/bin/sh
# Runs go with Debian's packages and the stubs of the API, which it makes in the
# folder OUT; with GOCACHE in OUT too unless it is set:
#
#     client/go/run.sh build/go test sluice.dev/sluicerows
#     client/go/run.sh build/go run sluice.dev/sluicerows/example
set -eu

out=${1:?usage: run.sh OUT ARGUMENTS OF go...}
shift
"$(dirname "$0")/generate.sh" "$out"
out=$(cd "$out" && pwd)
export GO111MODULE=off GOFLAGS='' GOPATH="$out:/usr/share/gocode"
export GOCACHE="${GOCACHE:-$out/cache}"
exec go "$@"
