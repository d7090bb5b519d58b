'use strict';
// Prints checksums of the values of long_values.sql, read in a stream.

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const {loadApi, makeRequest, makeStub} = require('../node/example');
const {RowStream} = require('../node/stream');

function checksum(value) {
  return value === null ? '' :
      crypto.createHash('md5').update(value).digest('hex');
}

async function main() {
  const sql = fs.readFileSync(path.join(__dirname, 'long_values.sql'), 'utf8');
  const api = loadApi();
  const stub = makeStub(api);
  const call = stub.QueryStream(makeRequest(sql));
  for await (const [number, words, bytes, list, document] of
             new RowStream(call, api.Column)) {
    console.log([number, checksum(words), checksum(bytes),
                 checksum(list.join('')),
                 checksum(document && document.key)].join());
  }
  stub.close();
}

main();
