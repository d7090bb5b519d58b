'use strict';
// Tokens for the calls of a client: issued, kept, renewed.
//
//     const tls = grpc.credentials.createSsl(ca, key, certificate);
//     const tokens = new TokenSource(new api.Tokens(address, tls));
//     const stub = new api.Database(
//         address, grpc.credentials.combineChannelCredentials(
//             tls, tokens.credentials()));
//
// `api` is what grpc.loadPackageDefinition gives for package sluice.v1.
//
// The first call waits for a token. Once two thirds of its time are over the
// next call starts its renewal and goes on with the old one; calls wait again
// only where the token has ended meanwhile.

const {promisify} = require('node:util');
const grpc = require('@grpc/grpc-js');
const {parseError} = require('./errors');

// Milliseconds. After the first a gateway counts as lost without a word; the
// others are the pauses between attempts to renew.
const TIMEOUT = 20_000, FIRST_PAUSE = 100, LONGEST_PAUSE = 10_000;

function milliseconds({seconds, nanos}) {
  return Number(seconds) * 1000 + nanos / 1e6;
}

class TokenSource {
  #stub;
  #request;
  #now;
  #token = null;
  #renewal = -Infinity;
  #end = -Infinity;
  #nextAttempt = -Infinity;
  #pause = FIRST_PAUSE;
  #refresh = null;  // A promise while one is under way.

  // `stub` is one of api.Tokens, its credentials those of TLS alone. Asks for
  // `scopes`, by default all that the policy gives, and a time of `ttl`
  // milliseconds, by default what the policy says.
  constructor(stub, {scopes = [], ttl, now = () => performance.now()} = {}) {
    this.#stub = stub;
    this.#request = {scopes};
    if (ttl !== undefined) {
      this.#request.ttl = {seconds: Math.floor(ttl / 1000),
                           nanos: Math.round(ttl % 1000 * 1e6)};
    }
    this.#now = now;
  }

  // Of a client's calls.
  credentials() {
    return grpc.credentials.createFromMetadataGenerator((_, callback) => {
      this.get().then((token) => {
        const metadata = new grpc.Metadata();
        metadata.set('authorization', `Bearer ${token}`);
        callback(null, metadata);
      }, callback);
    });
  }

  // The token to send. Rejects with the error of IssueToken.
  async get() {
    const now = this.#now();
    const isValid = now < this.#end;
    const isDue = now >= Math.max(this.#renewal, this.#nextAttempt);
    if (!this.#refresh && (isDue || !isValid)) this.#start(now, isValid);
    if (!isValid) await this.#refresh;
    return this.#token;
  }

  // Tells that a call was refused for `token`.
  reject(token) {
    if (token !== this.#token) return;
    this.#token = null;
    this.#end = -Infinity;
  }

  #start(now, isValid) {
    this.#refresh = this.#ask(isValid ? this.#token : null)
        .then((issued) => this.#take(now, issued), (error) => this.#fail(error))
        .finally(() => { this.#refresh = null; });
    // Nobody may be waiting for it.
    this.#refresh.catch(() => {});
  }

  async #ask(token) {
    const {scopes, ...renewal} = this.#request;
    if (token === null) return this.#call('IssueToken', this.#request);
    const metadata = new grpc.Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    try {
      return await this.#call('RenewToken', renewal, metadata);
    } catch (error) {
      if (error.code !== grpc.status.UNAUTHENTICATED) throw error;
      // Its session is over, or it was revoked: the certificate counts yet.
      return this.#call('IssueToken', this.#request);
    }
  }

  #call(method, request, metadata = new grpc.Metadata()) {
    return promisify(this.#stub[method]).call(
        this.#stub, request, metadata, {deadline: Date.now() + TIMEOUT});
  }

  #take(asked, {token, expire_time: expiry, renew_time: renewal}) {
    // Times that have passed here: the server's clock may differ.
    const third = milliseconds(expiry) - milliseconds(renewal);
    this.#token = token;
    this.#renewal = asked + 2 * third;
    this.#end = asked + 3 * third - Math.min(third / 10, 2000);
    this.#pause = FIRST_PAUSE;
  }

  #fail(error) {
    this.#nextAttempt = this.#now() + this.#pause * (1 + Math.random()) / 2;
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    throw error;
  }
}

// What `call()` resolves to; where that was refused for its token, what another
// one does, which has a new token.
async function withNewToken(tokens, api, call) {
  const token = await tokens.get();
  try {
    return await call();
  } catch (error) {
    const {reason, metadata} = parseError(error, api);
    if (reason !== 'TOKEN_INVALID' || metadata.executed === 'unknown') {
      throw error;
    }
    tokens.reject(token);
    return call();
  }
}

module.exports = {TokenSource, withNewToken};
