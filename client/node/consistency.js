'use strict';
// Reads that see one's own writes, by the consistency tokens of a client's calls.
//
//     const stub = new api.Database(address, credentials, {
//       interceptors: [readYourWrites(api)],
//     });
//
// `api` is what grpc.loadPackageDefinition gives for package sluice.v1.
//
// A read that names no consistency then sees at least what was written before
// through the same client, in the same database: `at_least` has the newest token
// that came, so that a replica can serve it. After a write that may have taken
// place, or not, or that came without a token, reads are strong until the token
// of a write that started behind it. Before the first write they are as fresh as
// the gateway's configuration says. What others wrote they may not see yet: note
// their token, or ask for a strong read.

const grpc = require('@grpc/grpc-js');
const {parseError} = require('./errors');

// Tokens can be compared that begin with the same bytes (docs/routing.md).
const CLUSTER_BYTES = 9;
const LEVELS = ['strong', 'at_least', 'max_staleness', 'any'];

function isLater(token, seen) {
  const isOfSameCluster = seen && token.length === seen.length &&
      token.compare(seen, 0, CLUSTER_BYTES, 0, CLUSTER_BYTES) === 0;
  return !isOfSameCluster || token.compare(seen) > 0;
}

// The newest token of each database.
class SeenTokens {
  #tokens = new Map();
  #lost = new Set();
  #losses = new Map();

  // What `note` takes of a write that is sent from now on.
  start(database) {
    return this.#losses.get(database) ?? 0;
  }

  // Takes the token of a write, one's own or one that was passed on, as a
  // Buffer. An empty one says nothing. That of a write that `started` behind the
  // last lost one stands for that too.
  note(database, token, started) {
    if (!token?.length) return;
    if (isLater(token, this.#tokens.get(database))) {
      this.#tokens.set(database, token);
    }
    if (started === this.start(database)) this.#lost.delete(database);
  }

  // Tells of a write that may have taken place, whose token did not come.
  noteLost(database) {
    this.#lost.add(database);
    this.#losses.set(database, this.start(database) + 1);
  }

  // The newest, to be passed on; undefined before the first.
  token(database) {
    return this.#tokens.get(database);
  }

  // What a read asks for that names nothing; undefined: nothing.
  consistency(database) {
    if (this.#lost.has(database)) return {strong: true};
    const token = this.#tokens.get(database);
    return token && {at_least: token};
  }
}

// Takes what a write that took place says, of which `mayHaveWritten` is known.
function noteWrite(seen, database, token, started, mayHaveWritten) {
  if (!token?.length && mayHaveWritten) {
    seen.noteLost(database);
  } else {
    seen.note(database, token, started);
  }
}

// What commits by itself has no reference.
function mayHaveWritten(summary) {
  return summary?.outcome_reference?.length > 0 ||
      ['CALL', 'DO'].includes(summary?.command_tag);
}

// Whether a call that may write and has ended with `status` may have taken
// place.
function mayHaveTakenPlace(status, api) {
  const {reason, metadata} = parseError(status, api);
  // Of a gateway's error that does not say PostgreSQL has rolled it back.
  return (metadata.executed ?? (reason ? 'no' : 'unknown')) !== 'no';
}

// `request` with what it has to see, unless it says so itself.
function fresh(request, seen) {
  const given = request.options?.consistency;
  if (LEVELS.some((level) => given?.[level] !== undefined)) return request;
  const consistency = seen.consistency(request.database);
  if (!consistency) return request;
  return {...request, options: {...request.options, consistency}};
}

// What is done with the messages of a call, by its method: send(request) gives
// what is sent, receive(reply) takes what comes, end(status) the end of it.
function watches(api, seen) {
  const AUTO = api.ReadRouting.type.value.find(
      ({name}) => name === 'READ_ROUTING_AUTO');
  const read = () => ({send: (request) => fresh(request, seen)});
  const write = () => {
    let database, started;
    return {
      send(request) {
        database = request.database;
        started = seen.start(database);
        const mayRead = [AUTO.name, AUTO.number].includes(request.read_routing);
        return mayRead ? fresh(request, seen) : request;
      },
      receive: ({summary}) =>
        noteWrite(seen, database, summary?.consistency_token, started,
                  mayHaveWritten(summary)),
      end(status) {
        if (status.code !== grpc.status.OK && mayHaveTakenPlace(status, api)) {
          seen.noteLost(database);
        }
      },
    };
  };
  const transact = () => {
    let database, started, awaitsCommit = false;
    return {
      send(request) {
        if (request.begin) database = request.begin.database;
        if (request.commit) {
          started = seen.start(database);
          awaitsCommit = true;
        }
        return request;
      },
      receive({committed}) {
        if (!committed) return;
        awaitsCommit = false;
        noteWrite(seen, database, committed.consistency_token, started,
                  committed.outcome_reference?.length > 0);
      },
      end() {
        if (awaitsCommit) seen.noteLost(database);
      },
    };
  };
  return {Query: read, QueryStream: read, Execute: write,
          RunTransaction: write, Transact: transact};
}

// An interceptor of a client of api.Database, or of several that share `seen`.
function readYourWrites(api, seen = new SeenTokens()) {
  const byMethod = watches(api, seen);
  return (options, nextCall) => {
    const {path} = options.method_definition;
    const watch = byMethod[path.slice(path.lastIndexOf('/') + 1)]?.();
    if (!watch) return new grpc.InterceptingCall(nextCall(options));
    const listener = {
      onReceiveMessage(message, next) {
        if (message) watch.receive?.(message);
        next(message);
      },
      onReceiveStatus(status, next) {
        watch.end?.(status);
        next(status);
      },
    };
    return new grpc.InterceptingCall(nextCall(options), {
      start: (metadata, _, next) => next(metadata, listener),
      sendMessage: (message, next) => next(watch.send(message)),
    });
  };
}

module.exports = {SeenTokens, readYourWrites};
