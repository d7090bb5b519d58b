#!/bin/sh
# Generates the Python stubs of the API into the folder OUT, as Debian's
# protobuf-compiler and protobuf-compiler-grpc make them.
set -eu

out=${1:?usage: generate.sh OUT}
protos=$(cd "$(dirname "$0")/../../proto" && pwd)
mkdir -p "$out"
cd "$protos"
exec protoc -I . --python_out="$out" --grpc_python_out="$out" \
  --plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin \
  sluice/v1/database.proto sluice/v1/errors.proto sluice/v1/types.proto
