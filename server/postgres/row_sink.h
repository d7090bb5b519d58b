// RowSink: takes the rows of a statement, RowSource: gives them.

#ifndef SLUICE_SERVER_POSTGRES_ROW_SINK_H_
#define SLUICE_SERVER_POSTGRES_ROW_SINK_H_

#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/postgres/prepared_statements.h"

namespace sluice::postgres {

// Where rows come from.
class RowSource {
 public:
  // Goes on after a pause. Idempotent; the next row comes in a later turn of
  // the loop.
  virtual void Resume() = 0;

 protected:
  ~RowSource() = default;
};

// Takes the rows of one statement.
class RowSink {
 public:
  enum class Next {
    kContinue,
    // As kContinue, but no more until the sink calls RowSource::Resume, or
    // the statement is cancelled: PostgreSQL has to wait.
    kPause,
    // The sink has enough: the statement ends as if all rows had been taken.
    kStop,
    // The statement has failed: a write is rolled back.
    kFail,
    // As kFail: the row is not of the types that the columns are said to have.
    // A composite type has changed since it was looked up.
    kStale,
  };

  virtual ~RowSink() = default;

  // Called before the first row; again, while MayStartAnew, when the statement
  // had to be prepared anew. `source` is there until End.
  virtual void Begin(const std::vector<ColumnDescription>& columns,
                     RowSource& source) = 0;
  // Whether another attempt would go unseen: the caller has been given
  // nothing.
  virtual bool MayStartAnew() const = 0;
  // No more rows come. Called once for each Begin.
  virtual void End() {}
  // The body of a DataRow, in the formats of ResultFormatOf. After kStop,
  // kFail and kStale no more rows come; the sink knows why.
  virtual Next AddRow(absl::string_view body) = 0;
  // The longest row that the sink takes whole.
  virtual size_t RowBudget() const = 0;
  // A longer row begins, which is never buffered: its pieces follow.
  virtual Next AddLongRow(size_t bytes) = 0;
  // The next bytes of its body.
  virtual Next AddPiece(absl::string_view /*piece*/) { return Next::kFail; }
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_ROW_SINK_H_
