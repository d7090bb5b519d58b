'use strict';
// Writes and reads in turn, and prints which nodes served the reads, and how many
// of them did not see the write before them. Usage: own_writes.js WRITE READ TURNS,
// where WRITE takes a number and READ gives it.

const {promisify} = require('node:util');
const {loadApi, makeRequest, makeStub} = require('../node/example');
const {tuples} = require('../node/rows');

async function main() {
  const [write, read, turns] = process.argv.slice(2);
  const stub = makeStub(loadApi());
  const call = (method, ...parts) =>
    promisify(stub[method]).call(stub, makeRequest(...parts),
                                 {deadline: Date.now() + 10_000});
  const nodes = new Set();
  let stale = 0;
  for (let turn = 0; turn < Number(turns); ++turn) {
    await call('Execute', write, {int64_value: turn});
    const {result_set: rows, summary} = await call('Query', read);
    const [[found]] = tuples(rows);
    if (BigInt(found) !== BigInt(turn)) ++stale;
    nodes.add(summary.node);
  }
  console.log([...nodes].sort().join(' '), 'stale:', stale);
  stub.close();
}

main();
