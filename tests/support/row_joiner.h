// RowJoiner: puts the batches and fragments of a stream together again.

#ifndef SLUICE_TESTS_SUPPORT_ROW_JOINER_H_
#define SLUICE_TESTS_SUPPORT_ROW_JOINER_H_

#include <cstdint>
#include <map>
#include <string>

#include "sluice/v1/database.pb.h"

namespace sluice::testing {

class RowJoiner {
 public:
  // Takes the next part.
  void Add(const v1::QueryStreamResponse& part);

  // All rows so far, as a unary call would have given them.
  const v1::ResultSet& result() const { return result_; }
  const v1::ExecutionSummary& summary() const { return summary_; }

  int batch_count() const { return batch_count_; }
  int fragment_count() const { return fragment_count_; }
  // Whether the summary has come.
  bool complete() const { return complete_; }
  // Fragments have come whose row has not.
  bool HasLooseFragments() const { return !values_.empty(); }
  // The first breach of the contract, such as a second header; empty: none.
  const std::string& fault() const { return fault_; }

 private:
  void Breach(const std::string& fault);
  void AddHeader(const v1::ResultHeader& header);
  void AddFragment(const v1::RowBatch& batch);
  void AddRows(const v1::RowBatch& batch);
  // The rows from `begin` on.
  void AppendRows(const v1::RowBatch& batch, int column, int begin);
  // The long value of the first row, whose slot in `batch` holds the default.
  void AppendLongValue(const v1::Column& slots, int column,
                       const std::string& value);

  bool has_header_ = false;
  bool complete_ = false;
  v1::ResultSet result_;
  v1::ExecutionSummary summary_;
  // Long values of the row to come, by column.
  std::map<uint32_t, std::string> values_;
  uint32_t last_column_ = 0;
  int batch_count_ = 0;
  int fragment_count_ = 0;
  std::string fault_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_ROW_JOINER_H_
