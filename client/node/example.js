#!/usr/bin/env node
'use strict';
// Asks a Sluice gateway for the largest packages of a section.
//
//     (cd client/node && npm ci)
//     source deploy/local/run/env && client/node/example.js [SECTION [KIB]]
//
// Where the gateway is, and who we are, stands in SLUICE_ADDRESS, SLUICE_CA,
// SLUICE_CERT, SLUICE_KEY and SLUICE_DATABASE.

const fs = require('node:fs');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');
const {LOAD_OPTIONS, tuples} = require('./rows');

// grpc-js gives TLS the host of the address as the server's name; where that is
// an IP address Node warns of it, and checks it all the same.
process.noDeprecation = true;

const SQL = `
SELECT name, version, installed_size, depends
FROM packages
WHERE section = $1 AND installed_size >= $2
ORDER BY installed_size DESC, name
LIMIT 5
`;

function loadApi() {
  const definition = protoLoader.loadSync('sluice/v1/database.proto', {
    ...LOAD_OPTIONS, includeDirs: [path.join(__dirname, '../../proto')],
  });
  return grpc.loadPackageDefinition(definition).sluice.v1;
}

// Mutual TLS: both ends show a certificate.
function makeStub() {
  const read = (variable) => fs.readFileSync(process.env[variable]);
  const credentials = grpc.credentials.createSsl(
      read('SLUICE_CA'), read('SLUICE_KEY'), read('SLUICE_CERT'));
  return new (loadApi().Database)(process.env.SLUICE_ADDRESS, credentials);
}

const [section = 'database', leastKib = '10240'] = process.argv.slice(2);
const stub = makeStub();
const request = {
  database: process.env.SLUICE_DATABASE,
  statement: {sql: SQL},
  parameters: [{text_value: section}, {int64_value: leastKib}],
};
stub.Query(request, {deadline: Date.now() + 10_000}, (error, response) => {
  if (error) {
    console.error(`${grpc.status[error.code]}: ${error.details}`);
    process.exitCode = 1;
  } else {
    for (const [name, version, size, depends] of tuples(response.result_set)) {
      console.log(
          `${name} ${version}: ${size} KiB, depends on ${depends.length}`);
    }
  }
  stub.close();
});
