'use strict';
// Rows out of a Sluice QueryStream, in the memory of a batch.
//
//     const rows = new RowStream(stub.QueryStream(request), api.Column);
//     for await (const [name, size] of rows) ...
//     console.log(rows.summary.command_tag);
//
// `api` is what grpc.loadPackageDefinition gives for package sluice.v1; values
// are those of rows.js.

const {reader, readers} = require('./rows');

const TEXT_KINDS = ['texts', 'numerics', 'jsons', 'others'];

// The rows as arrays; they can be iterated over once. Throws what gRPC throws,
// and an Error where the stream ends without its summary: its rows are not the
// whole result. A loop that is left early cancels the call.
class RowStream {
  // The columns; known from the first row on.
  metadata = [];
  // The ExecutionSummary; null before the end.
  summary = null;
  #responses;
  #columnType;
  #pieces = new Map();  // Of values of the next row, by column.

  constructor(responses, columnType) {
    this.#responses = responses;
    this.#columnType = columnType;
  }

  async* [Symbol.asyncIterator]() {
    try {
      for await (const response of this.#responses) {
        if (response.part === 'header') this.metadata = response.header.metadata;
        if (response.part === 'batch') yield* this.#rows(response.batch);
        if (response.part === 'summary') this.summary = response.summary;
      }
    } finally {
      this.#responses.cancel?.();
    }
    if (!this.summary) throw new Error('the stream ended without a summary');
  }

  * #rows(batch) {
    if (batch.fragment) {
      const {column, data} = batch.fragment;
      if (!this.#pieces.has(column)) this.#pieces.set(column, []);
      this.#pieces.get(column).push(data);
    } else if (batch.row_count > 0) {
      const reads = readers(this.metadata, batch.columns);
      yield this.#firstRow(batch, reads);
      for (let row = 1; row < batch.row_count; ++row) {
        yield reads.map((read) => read(row));
      }
    }
  }

  // Row 0, whose long values came in pieces.
  #firstRow(batch, reads) {
    const pieces = this.#pieces;
    this.#pieces = new Map();
    return reads.map((read, i) => {
      if (!pieces.has(i)) return read(0);
      const column =
          this.#makeColumn(batch.columns[i].values, Buffer.concat(pieces.get(i)));
      return reader(this.metadata[i].type, column)(0);
    });
  }

  // A column of the kind whose only slot has the joined pieces.
  #makeColumn(kind, data) {
    const slot = TEXT_KINDS.includes(kind) ? data.toString() :
        kind === 'blobs' ? data : null;
    if (slot === null) return this.#columnType.deserialize(data);
    return {nulls: Buffer.alloc(0), values: kind, [kind]: {values: [slot]}};
  }
}

module.exports = {RowStream};
