// What the tests of streams share: a caller who takes parts when told to,
// rows, and the loop they run on.

#ifndef SLUICE_SERVER_EXECUTION_TEST_STREAM_H_
#define SLUICE_SERVER_EXECUTION_TEST_STREAM_H_

#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/execution/stream_output.h"
#include "server/postgres/codec/big_endian.h"
#include "server/postgres/codec/builtin_types.h"
#include "tests/support/row_joiner.h"

namespace sluice::execution {

using Cell = std::optional<std::string>;

// Runs `work` on the loop and waits for it.
inline void RunOn(EventLoop& loop, const std::function<void()>& work) {
  std::promise<void> done;
  loop.Post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

// Whether `condition`, asked on the loop, became true within ten seconds.
inline bool AwaitOn(EventLoop& loop, const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  bool holds = false;
  while (!holds && absl::Now() < deadline) {
    RunOn(loop, [&] { holds = condition(); });
    if (!holds) absl::SleepFor(absl::Milliseconds(2));
  }
  return holds;
}

// Runs the task and notes its end.
inline Task<void> Note(Task<void> task, bool* ended) {
  co_await std::move(task);
  *ended = true;
}

class TestWriter final : public StreamWriter {
 public:
  void Write(v1::QueryStreamResponse& part,
             std::function<void(bool)> written) override {
    EXPECT_FALSE(busy()) << "a second write before the first has ended";
    parts_.push_back(part);
    written_ = std::move(written);
  }
  void Abort() override { ++abort_count_; }

  // Ends the write in progress.
  void Complete(bool ok = true) { std::exchange(written_, nullptr)(ok); }
  // Ends it and those that follow.
  void CompleteAll() {
    while (busy()) Complete();
  }

  bool busy() const { return written_ != nullptr; }
  int abort_count() const { return abort_count_; }
  const std::vector<v1::QueryStreamResponse>& parts() const { return parts_; }

  // All parts so far, put together.
  testing::RowJoiner Join() const {
    testing::RowJoiner joiner;
    for (const v1::QueryStreamResponse& part : parts_) joiner.Add(part);
    return joiner;
  }

 private:
  std::vector<v1::QueryStreamResponse> parts_;
  std::function<void(bool)> written_;
  int abort_count_ = 0;
};

inline std::vector<postgres::TypeRef> Types(
    const std::vector<absl::string_view>& names) {
  std::vector<postgres::TypeRef> types;
  for (const absl::string_view name : names) {
    types.push_back(postgres::FindBuiltinType(name));
    EXPECT_NE(types.back(), nullptr) << name;
  }
  return types;
}

// The body of a DataRow.
inline std::string MakeRow(const std::vector<Cell>& cells) {
  std::string body;
  postgres::AppendBigEndian(static_cast<int16_t>(cells.size()), body);
  for (const Cell& cell : cells) {
    postgres::AppendBigEndian(
        cell.has_value() ? static_cast<int32_t>(cell->size()) : -1, body);
    body.append(cell.value_or(""));
  }
  return body;
}

inline std::string Int4(int32_t number) {
  std::string bytes;
  postgres::AppendBigEndian(number, bytes);
  return bytes;
}

// A one-dimensional array in PostgreSQL's binary format.
inline std::string MakeArray(uint32_t element_oid,
                             const std::vector<Cell>& elements) {
  std::string bytes = Int4(1) + Int4(1);
  postgres::AppendBigEndian(element_oid, bytes);
  bytes += Int4(static_cast<int32_t>(elements.size())) + Int4(1);
  for (const Cell& element : elements) {
    bytes +=
        Int4(element.has_value() ? static_cast<int32_t>(element->size()) : -1);
    bytes.append(element.value_or(""));
  }
  return bytes;
}

// 10 to the power of 4 times `weight`, with so many digits behind it.
inline std::string MakeNumeric(int16_t weight,
                               const std::vector<int16_t>& digits) {
  std::string bytes;
  postgres::AppendBigEndian(static_cast<int16_t>(digits.size()), bytes);
  postgres::AppendBigEndian(weight, bytes);
  postgres::AppendBigEndian(int16_t{0}, bytes);
  postgres::AppendBigEndian(int16_t{0}, bytes);
  for (const int16_t digit : digits) postgres::AppendBigEndian(digit, bytes);
  return bytes;
}

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_TEST_STREAM_H_
