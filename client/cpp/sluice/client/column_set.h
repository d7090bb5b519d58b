// What is known of the columns of a result.

#ifndef SLUICE_CLIENT_COLUMN_SET_H_
#define SLUICE_CLIENT_COLUMN_SET_H_

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sluice/v1/types.pb.h"

namespace sluice::client {

// Threads: any; nothing in it changes.
class ColumnSet {
 public:
  using Metadata = google::protobuf::RepeatedPtrField<v1::ColumnMetadata>;

  explicit ColumnSet(Metadata metadata);
  ColumnSet(const ColumnSet&) = delete;

  size_t size() const { return metadata_.size(); }
  // Name, type, and table of origin.
  const v1::ColumnMetadata& operator[](size_t index) const {
    return metadata_[static_cast<int>(index)];
  }
  Metadata::const_iterator begin() const { return metadata_.begin(); }
  Metadata::const_iterator end() const { return metadata_.end(); }

  // Errors: NOT_FOUND where no column has that name, INVALID_ARGUMENT where
  // several have.
  absl::StatusOr<size_t> FindIndex(absl::string_view name) const;

  // `error`, of the value of a column, with the name of the column.
  absl::Status Annotate(size_t index, const absl::Status& error) const;

 private:
  const Metadata metadata_;
  // Names point into `metadata_`; of an ambiguous one the index is size().
  absl::flat_hash_map<absl::string_view, size_t> indices_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_COLUMN_SET_H_
