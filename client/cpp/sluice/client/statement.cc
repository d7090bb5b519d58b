#include "sluice/client/statement.h"

#include "absl/strings/str_cat.h"

namespace sluice::client {

void Statement::NoteError(const absl::Status& error) {
  status_.Update(absl::Status(
      error.code(),
      absl::StrCat("parameter $", parameters_.size(), ": ", error.message())));
}

}  // namespace sluice::client
