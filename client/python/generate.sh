#!/bin/sh
# Generates the Python stubs of the API, and of the details of its errors, into
# the folder OUT, with Debian's protobuf-compiler, protobuf-compiler-grpc and
# golang-github-gogo-googleapis-dev (another copy of google/rpc: GOOGLEAPIS).
set -eu

out=${1:?usage: generate.sh OUT}
googleapis=${GOOGLEAPIS:-/usr/share/gocode/src/github.com/gogo/googleapis}
mkdir -p "$out"
cd "$(dirname "$0")/../../proto"
exec protoc -I . -I "$googleapis" --python_out="$out" --grpc_python_out="$out" \
  --plugin=protoc-gen-grpc_python="$(command -v grpc_python_plugin)" \
  sluice/v1/admin.proto sluice/v1/database.proto sluice/v1/errors.proto \
  sluice/v1/tokens.proto sluice/v1/types.proto \
  google/rpc/error_details.proto google/rpc/status.proto
