'use strict';
// Rows out of a Sluice ResultSet, as @grpc/proto-loader gives it with
// `LOAD_OPTIONS`.
//
//     for (const [name, size] of tuples(response.result_set)) ...
//     for (const {name, size} of objects(response.result_set)) ...
//
// NULL is null. int2, int4 and oid are numbers, int8 a BigInt, numeric a
// string with every digit, bytea a Buffer, uuid a string, json what JSON.parse
// gives, an array an array (of arrays, without its lower bounds), a composite
// an object. Dates and times are strings of ISO 8601 with all microseconds,
// which `new Date` reads where it can ("2024-02-29", "10:30:00.000001",
// "2024-02-29T10:30:00.5Z", without the Z for a timestamp without zone);
// "infinity" and "-infinity" are PostgreSQL's. An interval is {months, days,
// microseconds}, the last a BigInt. Any other type is PostgreSQL's text.

// What the protos have to be loaded with.
const LOAD_OPTIONS = {
  keepCase: true, longs: String, defaults: true, oneofs: true,
};

const INT8_OID = 20;
const TIMESTAMPTZ_OID = 1184;
const SECONDS_PER_DAY = 86400;

// The rows as arrays, in the order of the columns.
function tuples(resultSet) {
  const count = resultSet.row_count;
  const columns = resultSet.columns.map(
      (column, i) => values(resultSet.metadata[i].type, column, count));
  return Array.from({length: count},
                    (_, row) => columns.map((column) => column[row]));
}

// The rows as objects; of columns of one name the last one wins.
function objects(resultSet) {
  const names = resultSet.metadata.map((meta) => meta.name);
  return tuples(resultSet).map((row) => toObject(names, row));
}

function toObject(names, row) {
  return Object.fromEntries(names.map((name, i) => [name, row[i]]));
}

// The values of a column of `count` rows.
function values(type, column, count) {
  const read = reader(type || {}, column, count);
  const isNull = (row) => row >> 3 < column.nulls.length &&
                          (column.nulls[row >> 3] >> (row & 7) & 1) === 1;
  return Array.from({length: count},
                    (_, row) => isNull(row) ? null : read(row));
}

// A function from the number of a row that is not NULL to its value.
function reader(type, column, count) {
  const kind = column.values;
  if (kind === undefined) return () => null;
  if (kind === 'arrays') return arrayReader(type, column.arrays);
  if (kind === 'composites') {
    const names = type.fields.map((field) => field.name);
    const fields = column.composites.fields.map(
        (field, i) => values(type.fields[i].type, field, count));
    return (row) => toObject(names, fields.map((field) => field[row]));
  }
  const slots = column[kind].values;
  const convert = CONVERTERS[kind] || ((slot) => slot);
  return (row) => convert(slots[row], type);
}

function arrayReader(type, arrays) {
  const {offsets, dimensions, lengths} = arrays;
  const elements = offsets.length === 0 ? [] :
      values(type.element, arrays.elements, offsets[offsets.length - 1]);
  const starts = [0];  // Where each row's dimensions start in `lengths`.
  for (const count of dimensions) starts.push(starts.at(-1) + count);
  return (row) => {
    let found = elements.slice(offsets[row], offsets[row + 1]);
    const inner = lengths.slice(starts[row] + 1, starts[row + 1]);
    for (const length of inner.reverse()) found = chunks(found, length);
    return found;
  };
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

module.exports = {LOAD_OPTIONS, objects, tuples};
