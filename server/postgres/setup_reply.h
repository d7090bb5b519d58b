// SetupReply: the answer to a statement of the gateway's own that sets a
// session up: its last row, and the first error.

#ifndef SLUICE_SERVER_POSTGRES_SETUP_REPLY_H_
#define SLUICE_SERVER_POSTGRES_SETUP_REPLY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/postgres/reply_handler.h"
#include "server/postgres/server_error.h"
#include "server/postgres/wire.h"

namespace sluice::postgres {

class SetupReply final : public ReplyHandler {
 public:
  void OnMessage(char type, absl::string_view body) override {
    if (type != message::kDataRow) return;
    row_.clear();
    MessageReader reader(body);
    const int16_t columns = reader.Int16();
    for (int16_t i = 0; i < columns && reader.ok(); ++i) {
      row_.emplace_back(reader.Bytes());
    }
    if (!reader.ok()) row_.clear();
  }
  void OnError(const ServerError& error) override {
    if (status_.ok()) status_ = error.ToStatus(DetailPolicy::kOmit);
  }

  // A value of the last row; empty where there is none.
  std::string Value(size_t column) const {
    return column < row_.size() ? row_[column] : "";
  }
  const absl::Status& status() const { return status_; }

 private:
  std::vector<std::string> row_;
  absl::Status status_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_SETUP_REPLY_H_
