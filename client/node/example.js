#!/usr/bin/env node
'use strict';
// Asks a Sluice gateway for the largest packages of a section, counts all of its
// packages in a stream, and shows what an error says.
//
//     (cd client/node && npm ci)
//     source deploy/local/run/env && client/node/example.js [SECTION [KIB]]
//
// Where the gateway is, and who we are, stands in SLUICE_ADDRESS, SLUICE_CA,
// SLUICE_CERT, SLUICE_KEY and SLUICE_DATABASE.

const fs = require('node:fs');
const path = require('node:path');
const {promisify} = require('node:util');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');
const {readYourWrites} = require('./consistency');
const {parseError} = require('./errors');
const {LOAD_OPTIONS, tuples} = require('./rows');
const {RowStream} = require('./stream');
const {TokenSource} = require('./tokens');

// grpc-js gives TLS the host of the address as the server's name; where that is
// an IP address Node warns of it, and checks it all the same.
process.noDeprecation = true;

const LARGEST = `
SELECT name, version, installed_size, depends
FROM packages
WHERE section = $1 AND installed_size >= $2
ORDER BY installed_size DESC, name
LIMIT 5
`;
const ALL = 'SELECT name, installed_size FROM packages WHERE section = $1';
const WRONG = 'SELECT $1::int';
const PROTOS = path.join(__dirname, '../../proto');
// Reads are tried again where the gateway, or the way to it, is out for a
// moment.
const RETRIES = path.join(PROTOS, 'sluice/v1/service_config.json');

function loadApi() {
  const definition = protoLoader.loadSync(
      ['sluice/v1/database.proto', 'sluice/v1/errors.proto',
       'sluice/v1/tokens.proto'],
      {...LOAD_OPTIONS, includeDirs: [PROTOS]});
  return grpc.loadPackageDefinition(definition).sluice.v1;
}

// Mutual TLS: both ends show a certificate. Each call carries a token, and reads
// see the writes before them.
function makeStub(api) {
  const read = (variable) => fs.readFileSync(process.env[variable]);
  const tls = grpc.credentials.createSsl(
      read('SLUICE_CA'), read('SLUICE_KEY'), read('SLUICE_CERT'));
  const options = {'grpc.service_config': fs.readFileSync(RETRIES, 'utf8')};
  const address = process.env.SLUICE_ADDRESS;
  const tokens = new TokenSource(new api.Tokens(address, tls, options));
  return new api.Database(
      address,
      grpc.credentials.combineChannelCredentials(tls, tokens.credentials()),
      {...options, interceptors: [readYourWrites(api)]});
}

function makeRequest(sql, ...parameters) {
  return {database: process.env.SLUICE_DATABASE, statement: {sql}, parameters};
}

function query(stub, request) {
  return promisify(stub.Query).call(stub, request,
                                    {deadline: Date.now() + 10_000});
}

async function showLargest(stub, section, leastKib) {
  const response = await query(stub, makeRequest(
      LARGEST, {text_value: section}, {int64_value: leastKib}));
  for (const [name, version, size, depends] of tuples(response.result_set)) {
    console.log(
        `${name} ${version}: ${size} KiB, depends on ${depends.length}`);
  }
}

async function showTotal(api, stub, section) {
  const request = makeRequest(ALL, {text_value: section});
  let count = 0, total = 0n;
  for await (const [, size] of
             new RowStream(stub.QueryStream(request), api.Column)) {
    ++count;
    total += BigInt(size ?? 0);  // NULL is null.
  }
  console.log(`${section}: ${count} packages, ${total} KiB`);
}

async function showError(api, stub) {
  try {
    await query(stub, makeRequest(WRONG, {text_value: 'seven'}));
  } catch (error) {
    const {reason} = parseError(error, api);
    console.log(`${grpc.status[error.code]}, ${reason}: ${error.details}`);
  }
}

async function main() {
  const [section = 'database', leastKib = '10240'] = process.argv.slice(2);
  const api = loadApi();
  const stub = makeStub(api);
  try {
    await showLargest(stub, section, leastKib);
    await showTotal(api, stub, section);
    await showError(api, stub);
  } catch (error) {
    console.error(`${grpc.status[error.code]}: ${error.details}`);
    process.exitCode = 1;
  }
  stub.close();
}

if (require.main === module) main();

module.exports = {loadApi, makeRequest, makeStub};
