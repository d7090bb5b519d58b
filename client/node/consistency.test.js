'use strict';
// Tests which consistency the reads of a client ask for, against a server of the
// test.

const assert = require('node:assert');
const test = require('node:test');
const {once} = require('node:events');
const {promisify} = require('node:util');
const grpc = require('@grpc/grpc-js');
const {SeenTokens, readYourWrites} = require('./consistency');
const {loadApi} = require('./example');
const golden = require('../tests/golden/errors.json');

const api = loadApi();

// As the gateway makes them: version and cluster, then a position.
const token = (text) => Buffer.from('\x01'.repeat(8) + text);
const EARLY = token('a111111111111'), LATE = token('a200000000000'),
    MOVED = token('b000000000000');
const STRONG = {strong: true};

test('reads ask for nothing before the first token', () => {
  const seen = new SeenTokens();
  seen.note('app', Buffer.alloc(0));
  assert.strictEqual(seen.consistency('app'), undefined);
});

test('the latest token stands for all in whatever order they come', () => {
  const seen = new SeenTokens();
  for (const [one, latest] of [[EARLY, EARLY], [LATE, LATE], [EARLY, LATE],
                               [Buffer.alloc(0), LATE]]) {
    seen.note('app', one);
    assert.deepStrictEqual(seen.consistency('app'), {at_least: latest});
  }
  assert.strictEqual(seen.consistency('another'), undefined);
  assert.deepStrictEqual(seen.token('app'), LATE);
});

test('a database may move to another cluster', () => {
  const seen = new SeenTokens();
  for (const one of [LATE, MOVED, EARLY, Buffer.concat([EARLY, EARLY]),
                     EARLY]) {
    seen.note('app', one);
    assert.deepStrictEqual(seen.consistency('app'), {at_least: one});
  }
});

test('reads are strong after a lost write until the next token', () => {
  const seen = new SeenTokens();
  seen.note('app', EARLY);
  seen.noteLost('app');
  seen.note('app', Buffer.alloc(0));
  assert.deepStrictEqual(seen.consistency('app'), STRONG);
  seen.note('app', LATE, seen.start('app'));
  assert.deepStrictEqual(seen.consistency('app'), {at_least: LATE});
});

test('only a write that started behind it stands for a lost one', () => {
  const seen = new SeenTokens();
  const before = seen.start('app');
  seen.noteLost('app');
  const between = seen.start('app');
  seen.noteLost('app');
  for (const started of [undefined, before, between]) {
    seen.note('app', LATE, started);
    assert.deepStrictEqual(seen.consistency('app'), STRONG);
  }
  seen.note('app', EARLY, seen.start('app'));
  assert.deepStrictEqual(seen.consistency('app'), {at_least: LATE});
});

// Gives writes the token, or the error, that a test says, and notes what reads
// ask for.
class ToldDatabase {
  token = Buffer.alloc(0);
  reference = Buffer.alloc(0);
  tag = '';
  error = null;
  asked = [];
  meanwhile = null;  // Takes place during the next write.

  note({request: {options}}) {
    const level = options?.consistency?.level;
    this.asked.push(level ? {[level]: options.consistency[level]} : undefined);
  }

  reply() {
    return {consistency_token: this.token, outcome_reference: this.reference};
  }

  async write(callback) {
    const {error, meanwhile} = this;
    this.meanwhile = null;
    if (error) return callback(error);
    await meanwhile?.();
    return callback(null, {summary: {...this.reply(), command_tag: this.tag}});
  }

  methods() {
    return {
      Query: (call, callback) => {
        this.note(call);
        callback(null, {});
      },
      QueryStream: (call) => {
        this.note(call);
        call.end();
      },
      Execute: (call, callback) => {
        this.note(call);
        this.write(callback);
      },
      RunTransaction: (call, callback) => this.write(callback),
      Transact: (call) => call.on('data', ({commit}) => {
        if (!commit) return call.write({begun: {}});
        return this.write((error) => {
          if (error) return call.emit('error', error);
          call.write({committed: this.reply()});
          return call.end();
        });
      }),
    };
  }
}

async function start(t, seen) {
  const told = new ToldDatabase();
  const server = new grpc.Server();
  server.addService(api.Database.service, told.methods());
  const port = await promisify(server.bindAsync).call(
      server, '127.0.0.1:0', grpc.ServerCredentials.createInsecure());
  const stub = new api.Database(
      `127.0.0.1:${port}`, grpc.credentials.createInsecure(),
      {interceptors: [readYourWrites(api, seen)]});
  t.after(() => {
    stub.close();
    server.forceShutdown();
  });
  const call = (method, request) =>
    promisify(stub[method]).call(stub, {database: 'app', ...request});
  // What the server is asked for by a read.
  const asked = async (request) => {
    await call('Query', request);
    return told.asked.at(-1);
  };
  const write = (one, request) => {
    told.token = one;
    return call('Execute', request);
  };
  const transact = async () => {
    const stream = stub.Transact();
    stream.write({begin: {database: 'app'}});
    stream.end({commit: {}});
    stream.resume();
    await once(stream, 'end');
  };
  return {told, stub, call, asked, write, transact};
}

test('reads ask for the last write', async (t) => {
  const {told, stub, asked, write} = await start(t);
  assert.strictEqual(await asked(), undefined);
  await write(EARLY);
  const expected = {at_least: EARLY};
  assert.deepStrictEqual(await asked(), expected);
  assert.deepStrictEqual(await asked({options: {tag: 'x'}}), expected);
  await once(stub.QueryStream({database: 'app'}).resume(), 'end');
  assert.deepStrictEqual(told.asked.at(-1), expected);
  for (const routing of ['READ_ROUTING_AUTO', 2]) {
    await write(EARLY, {read_routing: routing});
    assert.deepStrictEqual(told.asked.at(-1), expected);
  }
  assert.strictEqual(await asked({database: 'another'}), undefined);
});

test('writes ask for nothing', async (t) => {
  const {told, write} = await start(t);
  await write(EARLY);
  await write(LATE);
  assert.strictEqual(told.asked.at(-1), undefined);
});

test('reads that name a consistency keep it', async (t) => {
  const {asked, write} = await start(t);
  await write(EARLY);
  for (const consistency of [{any: true}, STRONG, {at_least: MOVED}]) {
    assert.deepStrictEqual(await asked({options: {consistency}}), consistency);
  }
});

test('transactions count', async (t) => {
  const {told, call, asked, transact} = await start(t);
  told.token = EARLY;
  await call('RunTransaction');
  assert.deepStrictEqual(await asked(), {at_least: EARLY});
  told.token = LATE;
  await transact();
  assert.deepStrictEqual(await asked(), {at_least: LATE});
});

// An error of a gateway that says so of `executed`, or of gRPC.
function failure(executed) {
  const metadata = new grpc.Metadata();
  const found = golden.find((one) => one.metadata.executed === executed);
  if (executed) {
    metadata.set('grpc-status-details-bin',
                 Buffer.from(found.status, 'base64'));
  }
  return {code: grpc.status.UNKNOWN, details: 'told', metadata};
}

test('a write that may have taken place is read from the primary',
     async (t) => {
       for (const [executed, expected] of
                [['no', {at_least: EARLY}], ['unknown', STRONG],
                 [undefined, STRONG]]) {
         const {told, asked, write} = await start(t);
         await write(EARLY);
         told.error = failure(executed);
         await assert.rejects(write(LATE), /told/);
         assert.deepStrictEqual(await asked(), expected);
         told.error = null;
         await write(LATE);
         assert.deepStrictEqual(await asked(), {at_least: LATE});
       }
     });

test('a commit whose answer is lost is read from the primary', async (t) => {
  const {told, asked, write, transact} = await start(t);
  await write(EARLY);
  told.error = failure();
  await assert.rejects(transact(), /told/);
  assert.deepStrictEqual(await asked(), STRONG);
});

// Each way to write.
const WRITES = [
  ({write, told}) => write(told.token),
  ({call}) => call('RunTransaction'),
  ({transact}) => transact(),
];

test('a write without a token is read from the primary', async (t) => {
  for (const write of WRITES) {
    const client = await start(t);
    await client.write(EARLY);
    client.told.token = Buffer.alloc(0);
    await write(client);  // Nothing.
    assert.deepStrictEqual(await client.asked(), {at_least: EARLY});
    client.told.reference = Buffer.from('reference');
    await write(client);
    assert.deepStrictEqual(await client.asked(), STRONG);
    await client.write(LATE);
    assert.deepStrictEqual(await client.asked(), {at_least: LATE});
  }
});

test('what commits by itself without a token counts as lost', async (t) => {
  for (const [tag, expected] of
    [['CALL', STRONG], ['DO', STRONG], ['SELECT 1', undefined]]) {
    const {told, asked, write} = await start(t);
    told.tag = tag;
    await write(Buffer.alloc(0));
    assert.deepStrictEqual(await asked(), expected);
  }
});

test('a write that began before a lost one does not stand for it',
     async (t) => {
       for (const write of WRITES) {
         const client = await start(t);
         const {told, call, asked} = client;
         told.token = EARLY;
         told.meanwhile = async () => {
           told.error = failure();
           await assert.rejects(call('Execute'), /told/);
           told.error = null;
         };
         await write(client);
         assert.deepStrictEqual(await asked(), STRONG);
         await write(client);
         assert.deepStrictEqual(await asked(), {at_least: EARLY});
       }
     });

test('clients can share what they see', async (t) => {
  const seen = new SeenTokens();
  seen.note('app', EARLY);
  const {asked, write} = await start(t, seen);
  assert.deepStrictEqual(await asked(), {at_least: EARLY});
  await write(LATE);
  assert.deepStrictEqual(seen.token('app'), LATE);
});
