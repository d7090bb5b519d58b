'use strict';
// Tests of the Node readers on the golden results.

const assert = require('node:assert');
const path = require('node:path');
const test = require('node:test');
const protoLoader = require('@grpc/proto-loader');
const {LOAD_OPTIONS, tuples} = require('./rows');
const {RowStream} = require('./stream');

const results = require('../tests/golden/results.json');
const streams = require('../tests/golden/streams.json');

const definition = protoLoader.loadSync('sluice/v1/database.proto', {
  ...LOAD_OPTIONS, includeDirs: [path.join(__dirname, '../../proto')],
});

// A message as a client gets it.
function received(type, message) {
  const codec = definition[`sluice.v1.${type}`];
  return codec.deserialize(codec.serialize(message));
}

// PostgreSQL's "0044-03-15T10:00:00+00:00 BC" in ISO 8601's form.
function isoText(text) {
  const [, year, rest, bc] =
      /^(-?inf.*|\d+)(.*?)( BC)?$/.exec(text.replace('+00:00', 'Z'));
  const number = bc ? 1 - Number(year) : Number(year);
  if (Number.isNaN(number)) return text;
  if (number >= 0 && number <= 9999) {
    return String(number).padStart(4, '0') + rest;
  }
  return (number < 0 ? '-' : '+') +
         String(Math.abs(number)).padStart(6, '0') + rest;
}

// Of sluice.v1.TypeKind.
const KIND = {composite: 4, array: 5, range: 6, multirange: 7};

const SCALARS = {
  'boolean': (value) => value,
  'smallint': Number, 'integer': Number, 'oid': Number, 'xid': Number,
  'bigint': BigInt,
  'real': Number, 'double precision': Number,
  'bytea': (text) => Buffer.from(text.slice(2), 'hex'),
  'date': isoText,
  'timestamp without time zone': isoText,
  'timestamp with time zone': isoText,
  'interval': ({months, days, microseconds}) => ({
    months: Number(months), days: Number(days),
    microseconds: BigInt(microseconds),
  }),
  'json': JSON.parse, 'jsonb': JSON.parse,
};

// The value that a golden value stands for.
function expected(type, value) {
  if (value === null) return null;
  switch (type.kind) {
    case KIND.array:
      return value.map((inner) => expected(
          Array.isArray(inner) ? type : type.element, inner));
    case KIND.composite:
      return Object.fromEntries(type.fields.map(
          (field) => [field.name, expected(field.type, value[field.name])]));
    case KIND.range:
      return {
        lower: expected(type.element, value.lower),
        upper: expected(type.element, value.upper),
        lowerInclusive: value.lower_inclusive,
        upperInclusive: value.upper_inclusive,
        empty: value.empty,
      };
    case KIND.multirange:
      return value.map((range) => expected(type.element, range));
    default:
      return (SCALARS[type.name] || String)(value);
  }
}

function expectedRows(metadata, rows) {
  return rows.map(
      (row) => row.map((value, i) => expected(metadata[i].type, value)));
}

function responsesOf(name) {
  return streams.find((golden) => golden.name === name).responses.map(
      (message) => received('QueryStreamResponse', message));
}

function openStream(responses) {
  return new RowStream(responses, definition['sluice.v1.Column']);
}

for (const golden of results) {
  test(`result ${golden.name}`, () => {
    const resultSet = received('ResultSet', golden.result_set);
    if (golden.beyond.includes('node')) {
      assert.throws(() => tuples(resultSet), RangeError);
    } else {
      assert.deepStrictEqual(tuples(resultSet),
                             expectedRows(resultSet.metadata, golden.rows));
    }
  });
}

for (const golden of streams) {
  test(`stream ${golden.name}`, async () => {
    const stream = openStream(responsesOf(golden.name));
    const found = [];
    const readAll = async () => {
      for await (const row of stream) found.push(row);
    };
    if (golden.complete) {
      await readAll();
    } else {
      await assert.rejects(readAll, /without a summary/);
    }
    assert.deepStrictEqual(found, expectedRows(stream.metadata, golden.rows));
    assert.strictEqual(stream.summary !== null, golden.complete);
  });
}

test('rows come before the next batch is read', async () => {
  let taken = 0;
  const responses = function* () {
    for (const response of responsesOf('batches')) {
      ++taken;
      yield response;
    }
  };
  const rows = openStream(responses())[Symbol.asyncIterator]();
  assert.deepStrictEqual(await rows.next(), {value: [1, 'a'], done: false});
  assert.strictEqual(taken, 2);
});

test('a loop that is left early cancels the call', async () => {
  let cancelled = false;
  const call = Object.assign(responsesOf('batches').values(),
                             {cancel: () => { cancelled = true; }});
  for await (const row of openStream(call)) {
    assert.deepStrictEqual(row, [1, 'a']);
    break;
  }
  assert.ok(cancelled);
});
