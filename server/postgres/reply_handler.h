// ReplyHandler: takes the answer to one unit.

#ifndef SLUICE_SERVER_POSTGRES_REPLY_HANDLER_H_
#define SLUICE_SERVER_POSTGRES_REPLY_HANDLER_H_

#include <cstddef>
#include <limits>

#include "absl/strings/string_view.h"
#include "server/postgres/server_error.h"

namespace sluice::postgres {

// Takes the answer to one unit: what PostgreSQL sends up to ReadyForQuery.
class ReplyHandler {
 public:
  virtual ~ReplyHandler() = default;

  // A message other than the ones below. `body` is valid during the call.
  virtual void OnMessage(char type, absl::string_view body) = 0;
  virtual void OnError(const ServerError& error) = 0;
  virtual void OnNotice(const ServerError&) {}

  // The longest row to be given whole, by OnMessage.
  virtual size_t RowBudget() const {
    return std::numeric_limits<size_t>::max();
  }
  // A longer row is read past, or given in pieces.
  enum class LongRow { kSkip, kTakePieces };
  virtual LongRow OnLongRow(size_t /*bytes*/) { return LongRow::kSkip; }
  // The next bytes of the row; kSkip: no more of them.
  virtual LongRow OnRowPiece(absl::string_view /*piece*/) {
    return LongRow::kSkip;
  }
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_REPLY_HANDLER_H_
