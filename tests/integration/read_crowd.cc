#include "tests/integration/read_crowd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "server/base/proto_duration.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/column_values.h"

namespace sluice::testing {

ReadCrowd::ReadCrowd(const ClientOptions& gateway,
                     const v1::QueryRequest& request, int callers)
    : client_(gateway) {
  for (int caller = 0; caller < callers; ++caller) {
    threads_.emplace_back([this, request] {
      while (!stopping_) Read(request);
    });
  }
}

void ReadCrowd::Stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void ReadCrowd::Read(const v1::QueryRequest& request) {
  Record record;
  record.start = absl::Now();
  const QueryOutcome outcome = client_.Query(request);
  record.end = absl::Now();
  record.status = outcome.status;
  if (outcome.status.ok()) {
    const v1::ExecutionSummary& summary = outcome.response.summary();
    record.value = FirstText(outcome.response.result_set());
    record.node = summary.node();
    record.attempts = summary.attempts();
    record.run_time = FromProto(summary.run_time());
  }
  MutexLock lock(&mutex_);
  records_.push_back(std::move(record));
  ++count_;
}

bool ReadCrowd::AwaitMore(int64_t count, absl::Duration limit) const {
  const int64_t enough = count_ + count;
  return Await(limit, [&] { return count_ >= enough; });
}

template <typename Condition>
int64_t ReadCrowd::CountIf(const Condition& condition) const {
  MutexLock lock(&mutex_);
  return std::count_if(records_.begin(), records_.end(), condition);
}

bool ReadCrowd::AwaitRetried(int64_t count) const {
  return Await(absl::Seconds(60), [&] {
    return CountIf([](const Record& read) { return read.attempts > 1; }) >=
           count;
  });
}

bool ReadCrowd::AwaitServedBy(const std::string& node, int64_t count,
                              absl::Duration limit) const {
  const absl::Time since = absl::Now();
  return Await(limit, [&] {
    return CountIf([&](const Record& read) {
             return read.start >= since && read.node == node;
           }) >= count;
  });
}

std::vector<ReadCrowd::Record> ReadCrowd::records(absl::Time since) const {
  std::vector<Record> records;
  MutexLock lock(&mutex_);
  for (const Record& record : records_) {
    if (record.start >= since) records.push_back(record);
  }
  return records;
}

std::map<std::string, int64_t> CountByNode(
    const std::vector<ReadCrowd::Record>& records) {
  std::map<std::string, int64_t> counts;
  for (const ReadCrowd::Record& record : records) {
    if (record.status.ok()) ++counts[record.node];
  }
  return counts;
}

int64_t CountRetried(const std::vector<ReadCrowd::Record>& records) {
  int64_t count = 0;
  for (const ReadCrowd::Record& record : records) {
    if (record.attempts > 1) ++count;
  }
  return count;
}

void ExpectAllGave(const std::vector<ReadCrowd::Record>& records,
                   const std::string& value) {
  for (const ReadCrowd::Record& record : records) {
    EXPECT_THAT(record.status, IsOk()) << "after " << record.end - record.start;
    if (!record.status.ok()) continue;
    EXPECT_EQ(record.value, value) << record.node;
  }
}

}  // namespace sluice::testing
