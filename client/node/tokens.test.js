'use strict';
// Tests of the tokens against a server of the test.

const assert = require('node:assert');
const test = require('node:test');
const {promisify} = require('node:util');
const grpc = require('@grpc/grpc-js');
const {loadApi} = require('./example');
const {TokenSource, withNewToken} = require('./tokens');
const golden = require('../tests/golden/errors.json');

const api = loadApi();
const THIRD = 60_000;

// Its tokens are "token 1", "token 2" and so on, valid for three minutes. Each
// call takes the next code that was told it, and waits for `gate`.
class ToldTokens {
  issues = [];
  renewals = [];
  told = [];
  gate = Promise.resolve();
  #count = 0;

  async answer(callback) {
    await this.gate;
    const code = this.told.shift();
    if (code) return callback({code, details: 'told'});
    return callback(null, {
      token: `token ${++this.#count}`, renew_time: {seconds: 120},
      expire_time: {seconds: 180},
    });
  }
}

async function start(t) {
  const tokens = new ToldTokens();
  const server = new grpc.Server();
  server.addService(api.Tokens.service, {
    IssueToken(call, callback) {
      tokens.issues.push(call.request);
      tokens.answer(callback);
    },
    RenewToken(call, callback) {
      tokens.renewals.push(call.metadata.get('authorization')[0]);
      tokens.answer(callback);
    },
  });
  const port = await promisify(server.bindAsync).call(
      server, '127.0.0.1:0', grpc.ServerCredentials.createInsecure());
  const stub =
      new api.Tokens(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  t.after(() => {
    stub.close();
    server.forceShutdown();
  });
  const clock = {now: 0};
  const make = (options) =>
    new TokenSource(stub, {...options, now: () => clock.now});
  return {tokens, clock, make, source: make({})};
}

async function becomes(source, token) {
  while (await source.get() !== token) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test('calls that come together share a token', async (t) => {
  const {tokens, source} = await start(t);
  const got = await Promise.all([source.get(), source.get(), source.get()]);
  assert.deepStrictEqual(got, ['token 1', 'token 1', 'token 1']);
  assert.strictEqual(tokens.issues.length, 1);
});

test('a token is renewed behind the back of calls', async (t) => {
  const {tokens, clock, source} = await start(t);
  await source.get();
  clock.now = 2 * THIRD - 1;
  await source.get();
  assert.deepStrictEqual(tokens.renewals, []);
  clock.now = 2 * THIRD;
  let open;
  tokens.gate = new Promise((resolve) => { open = resolve; });
  assert.strictEqual(await source.get(), 'token 1');
  assert.strictEqual(await source.get(), 'token 1');
  open();
  await becomes(source, 'token 2');
  assert.deepStrictEqual(tokens.renewals, ['Bearer token 1']);
  assert.strictEqual(tokens.issues.length, 1);
});

test('one is issued when the session is over', async (t) => {
  const {tokens, clock, source} = await start(t);
  await source.get();
  clock.now = 2 * THIRD;
  tokens.told = [grpc.status.UNAUTHENTICATED];
  await becomes(source, 'token 2');
  assert.strictEqual(tokens.issues.length, 2);
});

test('a failed renewal is tried again later', async (t) => {
  const {tokens, clock, source} = await start(t);
  await source.get();
  clock.now = 2 * THIRD;
  tokens.told = [grpc.status.UNAVAILABLE];
  await source.get();
  for (let i = 0; i < 50; ++i) {
    assert.strictEqual(await source.get(), 'token 1');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.strictEqual(tokens.renewals.length, 1);
  clock.now += 200;
  await becomes(source, 'token 2');
});

test('a call waits once the token has ended', async (t) => {
  const {tokens, clock, source} = await start(t);
  await source.get();
  clock.now = 3 * THIRD;
  assert.strictEqual(await source.get(), 'token 2');
  assert.deepStrictEqual(tokens.renewals, []);
});

test('the error says why there is none', async (t) => {
  const {tokens, source} = await start(t);
  tokens.told = [grpc.status.PERMISSION_DENIED];
  await assert.rejects(source.get(), {code: grpc.status.PERMISSION_DENIED});
  assert.strictEqual(await source.get(), 'token 1');
});

test('scopes and time are asked for', async (t) => {
  const {tokens, make} = await start(t);
  await make({scopes: ['read'], ttl: 2500}).get();
  assert.deepStrictEqual(tokens.issues[0].scopes, ['read']);
  assert.strictEqual(Number(tokens.issues[0].ttl.seconds), 2);
  assert.strictEqual(tokens.issues[0].ttl.nanos, 500_000_000);
});

test('calls carry the token', async (t) => {
  const {source} = await start(t);
  const metadata = await source.credentials().generateMetadata(
      {method_name: 'm', service_url: 's'});
  assert.deepStrictEqual(metadata.get('authorization'), ['Bearer token 1']);
});

// What a gateway answers to a token that it does not take.
function refusal() {
  const {status} = golden.find(({reason}) => reason === 'TOKEN_INVALID');
  const metadata = new grpc.Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(status, 'base64'));
  return Object.assign(new Error('refused'), {metadata});
}

test('a call that is refused for its token is made once more', async (t) => {
  const {source} = await start(t);
  const seen = [];
  const call = async () => {
    seen.push(await source.get());
    if (seen.length === 1) throw refusal();
    return 'done';
  };
  assert.strictEqual(await withNewToken(source, api, call), 'done');
  assert.deepStrictEqual(seen, ['token 1', 'token 2']);
  await assert.rejects(
      withNewToken(source, api, () => Promise.reject(refusal())), /refused/);
});
