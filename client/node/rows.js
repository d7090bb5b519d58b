'use strict';
// Rows out of a Sluice ResultSet, as @grpc/proto-loader gives it with
// `LOAD_OPTIONS`; stream.js has those of a QueryStream.
//
//     for (const [name, size] of tuples(response.result_set)) ...
//     for (const {name, size} of objects(response.result_set)) ...
//
// NULL is null. int2, int4 and oid are numbers, int8 a BigInt, numeric a
// string with every digit, bytea a Buffer, uuid a string, json what JSON.parse
// gives, an array an array (of arrays, without its lower bounds), a composite
// an object. A range is {lower, upper, lowerInclusive, upperInclusive, empty}, a
// bound of null is none; a multirange is an array of them. Dates and times are
// strings of ISO 8601 with all microseconds, which `new Date` reads where it can
// ("2024-02-29", "10:30:00.000001", "2024-02-29T10:30:00.5Z", without the Z for
// a timestamp without zone); "infinity" and "-infinity" are PostgreSQL's. An
// interval is {months, days, microseconds}, the last a BigInt. Any other type is
// PostgreSQL's text. A date or timestamp after 275760-09-13, where Date ends,
// throws a RangeError: select such a column as text.

// What the protos have to be loaded with.
const LOAD_OPTIONS = {
  keepCase: true, longs: String, defaults: true, oneofs: true,
};

const INT8_OID = 20;
const TIMESTAMPTZ_OID = 1184;
const SECONDS_PER_DAY = 86400;

// The rows as arrays, in the order of the columns.
function tuples(resultSet) {
  const reads = readers(resultSet.metadata, resultSet.columns);
  return Array.from({length: resultSet.row_count},
                    (_, row) => reads.map((read) => read(row)));
}

// The rows as objects; of columns of one name the last one wins.
function objects(resultSet) {
  const names = resultSet.metadata.map((meta) => meta.name);
  return tuples(resultSet).map(
      (row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
}

// A function per column, from the number of a row to its value.
function readers(metadata, columns) {
  return columns.map((column, i) => reader(metadata[i].type, column));
}

// A function from the number of a row to its value.
function reader(type, column) {
  if (column.values === undefined) return () => null;
  const read = slotReader(type || {}, column);
  const {nulls} = column;
  if (nulls.length === 0) return read;
  return (row) => nulls[row >> 3] >> (row & 7) & 1 ? null : read(row);
}

function slotReader(type, column) {
  const kind = column.values;
  if (kind === 'arrays') return arrayReader(type, column.arrays);
  if (kind === 'composites') {
    const reads = column.composites.fields.map(
        (field, i) => [type.fields[i].name, reader(type.fields[i].type, field)]);
    return (row) => Object.fromEntries(
        reads.map(([name, read]) => [name, read(row)]));
  }
  if (kind === 'ranges') return rangeReader(type, column.ranges);
  if (kind === 'multiranges') {
    const {ranges, offsets} = column.multiranges;
    return listReader(rangeReader(type.element, ranges), offsets);
  }
  const slots = column[kind].values;
  const convert = CONVERTERS[kind] || ((slot) => slot);
  return (row) => convert(slots[row], type);
}

// Reads the values between a row's offset and the next.
function listReader(read, offsets) {
  return (row) => Array.from({length: offsets[row + 1] - offsets[row]},
                             (_, i) => read(offsets[row] + i));
}

function arrayReader(type, {elements, offsets, dimensions, lengths}) {
  const readElements = listReader(reader(type.element, elements), offsets);
  const starts = [0];  // Where each row's dimensions start in `lengths`.
  for (const count of dimensions) starts.push(starts.at(-1) + count);
  return (row) => {
    let found = readElements(row);
    const inner = lengths.slice(starts[row] + 1, starts[row + 1]);
    for (const length of inner.reverse()) found = chunks(found, length);
    return found;
  };
}

function rangeReader(type, {lowers, uppers, flags}) {
  const lower = reader(type.element, lowers);
  const upper = reader(type.element, uppers);
  return (row) => ({
    lower: lower(row),
    upper: upper(row),
    lowerInclusive: (flags[row] & 2) !== 0,
    upperInclusive: (flags[row] & 4) !== 0,
    empty: (flags[row] & 1) !== 0,
  });
}

function chunks(list, length) {
  return Array.from({length: list.length / length},
                    (_, i) => list.slice(i * length, (i + 1) * length));
}

// Years outside of 0 to 9999 have a sign and six digits, the year before 1 is
// 0: ISO 8601's expanded form.
function dateText(days) {
  if (days === -(2 ** 31)) return '-infinity';
  if (days === 2 ** 31 - 1) return 'infinity';
  const date = new Date(days * SECONDS_PER_DAY * 1000);
  if (Number.isNaN(date.getTime())) throw new RangeError('a date beyond Date');
  return date.toISOString().replace(/T.*/, '');
}

function timeText(microseconds) {
  const seconds = Number(microseconds / 1000000n);
  const two = (number) => String(number).padStart(2, '0');
  const fraction = String(microseconds % 1000000n).padStart(6, '0')
      .replace(/0+$/, '');
  return `${two(Math.floor(seconds / 3600))}:` +
         `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}` +
         (fraction && `.${fraction}`);
}

function timestampText(slot, type) {
  const microseconds = BigInt(slot);
  if (microseconds === -(2n ** 63n)) return '-infinity';
  if (microseconds === 2n ** 63n - 1n) return 'infinity';
  const perDay = BigInt(SECONDS_PER_DAY) * 1000000n;
  const ofDay = (microseconds % perDay + perDay) % perDay;
  const days = Number((microseconds - ofDay) / perDay);
  return `${dateText(days)}T${timeText(ofDay)}` +
         (type.oid === TIMESTAMPTZ_OID ? 'Z' : '');
}

const CONVERTERS = {
  int64s: (slot, type) => type.oid === INT8_OID ? BigInt(slot) : Number(slot),
  timestamps: timestampText,
  dates: dateText,
  times: (slot) => timeText(BigInt(slot)),
  intervals: ({months, days, microseconds}) =>
    ({months, days, microseconds: BigInt(microseconds)}),
  uuids: (slot) => slot.toString('hex').replace(
      /^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
  jsons: (slot) => JSON.parse(slot),
};

module.exports = {LOAD_OPTIONS, objects, reader, readers, tuples};
