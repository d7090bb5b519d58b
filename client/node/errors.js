'use strict';
// What an error of a Sluice gateway says, from its details.
//
//     if (parseError(error, api).reason === 'UNIQUE_VIOLATION') ...
//
// `api` is what grpc.loadPackageDefinition gives for package sluice.v1.

const protoLoader = require('@grpc/proto-loader');
const {LOAD_OPTIONS} = require('./rows');

// What is read of google/rpc/status.proto and error_details.proto.
const rpc = protoLoader.fromJSON({nested: {google: {nested: {
  protobuf: {nested: {Any: {fields: {
    type_url: {type: 'string', id: 1}, value: {type: 'bytes', id: 2},
  }}}},
  rpc: {nested: {
    Status: {fields: {
      details: {rule: 'repeated', type: 'google.protobuf.Any', id: 3},
    }},
    ErrorInfo: {fields: {
      reason: {type: 'string', id: 1}, domain: {type: 'string', id: 2},
      metadata: {keyType: 'string', type: 'string', id: 3},
    }},
  }},
}}}}, LOAD_OPTIONS);

// The details of an error of grpc-js:
// - reason: out of `ErrorReason`, without the prefix; '' for an error of gRPC's
//   own;
// - metadata: `executed`, `parameter`, `limit` and the like, see docs/errors.md;
// - diagnostic: the PostgresDiagnostic, null where the error is not
//   PostgreSQL's.
function parseError(error, api) {
  const failure = {reason: '', metadata: {}, diagnostic: null};
  const [bytes = Buffer.alloc(0)] =
      error.metadata?.get('grpc-status-details-bin') || [];
  const {details} = rpc['google.rpc.Status'].deserialize(bytes);
  for (const {type_url: url, value} of details) {
    const name = url.slice(url.lastIndexOf('/') + 1);
    if (name === 'google.rpc.ErrorInfo') {
      const {reason, metadata} = rpc[name].deserialize(value);
      Object.assign(failure, {reason, metadata});
    } else if (name === 'sluice.v1.PostgresDiagnostic') {
      failure.diagnostic = api.PostgresDiagnostic.deserialize(value);
    }
  }
  return failure;
}

module.exports = {parseError};
