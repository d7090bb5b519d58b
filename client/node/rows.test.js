'use strict';
// Tests of the Node row reader, on messages that went over the wire's form.

const assert = require('node:assert');
const path = require('node:path');
const test = require('node:test');
const protoLoader = require('@grpc/proto-loader');
const {LOAD_OPTIONS, objects, tuples} = require('./rows');

const codec = (() => {
  const definition = protoLoader.loadSync('sluice/v1/database.proto', {
    ...LOAD_OPTIONS, includeDirs: [path.join(__dirname, '../../proto')],
  });
  const {Query} = definition['sluice.v1.Database'];
  return {
    encode: Query.responseSerialize, decode: Query.responseDeserialize,
  };
})();

// `resultSet` as a client gets it.
function received(resultSet) {
  const bytes = codec.encode({result_set: resultSet});
  return codec.decode(bytes).result_set;
}

// The value of the one row of `column`.
function value(column, type = {}) {
  const [[found]] = tuples(received({
    row_count: 1, metadata: [{name: 'c', type}], columns: [column],
  }));
  return found;
}

test('rows come as arrays and as objects', () => {
  const result = received({
    row_count: 2,
    metadata: [{name: 'a', type: {oid: 23}}, {name: 'b'}],
    columns: [{int64s: {values: [1, 2]}}, {texts: {values: ['x', 'y']}}],
  });
  assert.deepStrictEqual(tuples(result), [[1, 'x'], [2, 'y']]);
  assert.deepStrictEqual(objects(result),
                         [{a: 1, b: 'x'}, {a: 2, b: 'y'}]);
});

test('results without rows or columns', () => {
  assert.deepStrictEqual(
      tuples(received({metadata: [{name: 'a'}], columns: [{}]})), []);
  assert.deepStrictEqual(tuples(received({row_count: 2})), [[], []]);
});

test('nulls are null by their bit', () => {
  const result = received({
    row_count: 9,
    metadata: [{name: 'a'}],
    columns: [{nulls: Buffer.from([2, 1]),
               bools: {values: [1, 0, 1, 1, 1, 1, 1, 1, 0].map(Boolean)}}],
  });
  assert.deepStrictEqual(
      tuples(result).flat(),
      [true, null, true, true, true, true, true, true, null]);
});

test('a null slot is never converted', () => {
  const nulls = Buffer.from([1]);
  assert.strictEqual(value({nulls, jsons: {values: ['']}}), null);
});

test('numbers keep every digit', () => {
  assert.strictEqual(
      value({int64s: {values: ['-9223372036854775808']}}, {oid: 20}),
      -9223372036854775808n);
  assert.strictEqual(value({int64s: {values: ['4294967295']}}, {oid: 26}),
                     4294967295);
  assert.strictEqual(value({numerics: {values: ['1.10000000000000000000']}}),
                     '1.10000000000000000000');
  assert.ok(Number.isNaN(value({doubles: {values: [NaN]}}, {oid: 701})));
});

test('timestamps keep their microseconds and know their zone', () => {
  const at = (slot, oid) => value({timestamps: {values: [slot]}}, {oid});
  assert.strictEqual(at('1500000', 1184), '1970-01-01T00:00:01.5Z');
  assert.strictEqual(at('-1', 1114), '1969-12-31T23:59:59.999999');
  assert.strictEqual(at('9223372036854775807', 1114), 'infinity');
  assert.strictEqual(at('-9223372036854775808', 1184), '-infinity');
});

test('dates, times and intervals', () => {
  assert.strictEqual(value({dates: {values: [19782]}}), '2024-02-29');
  assert.strictEqual(value({dates: {values: [-719163]}}), '0000-12-31');
  assert.strictEqual(value({dates: {values: [-735160]}}), '-000043-03-15');
  assert.strictEqual(value({dates: {values: [2147483647]}}), 'infinity');
  assert.strictEqual(value({times: {values: ['3600000001']}}),
                     '01:00:00.000001');
  assert.strictEqual(value({times: {values: ['86400000000']}}), '24:00:00');
  assert.deepStrictEqual(
      value({intervals: {values: [{months: 14, days: -3, microseconds: 5}]}}),
      {months: 14, days: -3, microseconds: 5n});
});

test('bytes, uuids, json and other types', () => {
  assert.deepStrictEqual(value({blobs: {values: [Buffer.from([0, 255])]}}),
                         Buffer.from([0, 255]));
  assert.strictEqual(
      value({uuids: {values: [Buffer.from('0123456789abcdef')]}}),
      '30313233-3435-3637-3839-616263646566');
  assert.deepStrictEqual(value({jsons: {values: ['{"a": [1, null]}']}}),
                         {a: [1, null]});
  assert.strictEqual(value({others: {values: ['$1.00']}}), '$1.00');
});

test('arrays are nested arrays', () => {
  const result = received({
    row_count: 4,
    metadata: [{name: 'a', type: {element: {oid: 23}}}],
    columns: [{
      nulls: Buffer.from([2]),
      arrays: {
        elements: {nulls: Buffer.from([2]),
                   int64s: {values: [1, 0, 3, 4, 5]}},
        offsets: [0, 1, 1, 5, 5],
        dimensions: [1, 0, 2, 0],
        lengths: [1, 2, 2],
        lower_bounds: [7, 1, 1],
      },
    }],
  });
  assert.deepStrictEqual(tuples(result).flat(1),
                         [[1], null, [[null, 3], [4, 5]], []]);
});

test('arrays of one dimension need no lengths', () => {
  assert.deepStrictEqual(
      value({arrays: {elements: {texts: {values: ['x', 'y']}},
                      offsets: [0, 2]}}),
      ['x', 'y']);
});

test('composites are objects', () => {
  assert.deepStrictEqual(
      value({composites: {fields: [
        {int64s: {values: [1]}},
        {nulls: Buffer.from([1]), texts: {values: ['']}}]}},
      {fields: [{name: 'x', type: {oid: 23}}, {name: 'y'}]}),
      {x: 1, y: null});
});
