'use strict';
// Tests of the reader of errors on the golden ones.

const assert = require('node:assert');
const test = require('node:test');
const grpc = require('@grpc/grpc-js');
const {parseError} = require('./errors');
const {loadApi} = require('./example');
const golden = require('../tests/golden/errors.json');

const api = loadApi();

for (const {name, status, reason, metadata, sqlstate} of golden) {
  test(`details ${name}`, () => {
    const trailers = new grpc.Metadata();
    trailers.set('grpc-status-details-bin', Buffer.from(status, 'base64'));
    const found = parseError({metadata: trailers}, api);
    assert.strictEqual(found.reason, reason);
    assert.deepStrictEqual({...found.metadata}, metadata);
    assert.strictEqual(found.diagnostic && found.diagnostic.sqlstate, sqlstate);
  });
}

test('an error of gRPC itself has no reason', () => {
  for (const error of [{metadata: new grpc.Metadata()}, new Error('gone')]) {
    assert.deepStrictEqual(parseError(error, api),
                           {reason: '', metadata: {}, diagnostic: null});
  }
});
