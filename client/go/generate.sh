#!/bin/sh
# Makes the folder OUT a GOPATH with the Go stubs of the API and, linked, this
# package, with Debian's protoc-gen-go and protoc-gen-go-grpc.
set -eu

out=${1:?usage: generate.sh OUT}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out/src/sluice.dev"
out=$(cd "$out" && pwd)
ln -sfn "$here" "$out/src/sluice.dev/sluicerows"
cd "$here/../../proto"
exec protoc -I . --go_out="$out/src" --go-grpc_out="$out/src" \
  sluice/v1/admin.proto sluice/v1/database.proto sluice/v1/errors.proto \
  sluice/v1/tokens.proto sluice/v1/types.proto
