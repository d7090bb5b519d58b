'use strict';
// Prints checksums of values, read in a stream. Usage: long_values.js SQL, with a
// statement like that of long_values.sql.

const crypto = require('node:crypto');
const {loadApi, makeRequest, makeStub} = require('../node/example');
const {RowStream} = require('../node/stream');

function checksum(value) {
  return value === null ? '' :
      crypto.createHash('md5').update(value).digest('hex');
}

async function main() {
  const api = loadApi();
  const stub = makeStub(api);
  const call = stub.QueryStream(makeRequest(process.argv[2]));
  for await (const [number, words, bytes, list, document, note] of
             new RowStream(call, api.Column)) {
    console.log([number, checksum(words), checksum(bytes),
                 checksum(list.join('')),
                 checksum(document && document.key),
                 checksum(note && note.document.key)].join());
  }
  stub.close();
}

main();
