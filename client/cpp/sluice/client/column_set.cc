#include "sluice/client/column_set.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::client {

ColumnSet::ColumnSet(Metadata metadata) : metadata_(std::move(metadata)) {
  for (size_t i = 0; i < size(); ++i) {
    const auto [entry, is_new] = indices_.try_emplace((*this)[i].name(), i);
    if (!is_new) entry->second = size();
  }
}

absl::StatusOr<size_t> ColumnSet::FindIndex(absl::string_view name) const {
  const auto entry = indices_.find(name);
  if (entry == indices_.end()) {
    return absl::NotFoundError(
        absl::StrCat("the result has no column \"", name, "\""));
  }
  if (entry->second == size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("several columns are named \"", name, "\""));
  }
  return entry->second;
}

absl::Status ColumnSet::Annotate(size_t index,
                                 const absl::Status& error) const {
  return absl::Status(
      error.code(),
      absl::StrCat("column \"", (*this)[index].name(), "\" ", error.message()));
}

}  // namespace sluice::client
