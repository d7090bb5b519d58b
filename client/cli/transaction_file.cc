#include "client/cli/transaction_file.h"

#include <fstream>
#include <iostream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

namespace sluice::cli {

absl::StatusOr<v1::RunTransactionRequest> ParseTransaction(
    const std::string& json) {
  v1::RunTransactionRequest request;
  const auto status =
      google::protobuf::util::JsonStringToMessage(json, &request);
  if (!status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the file is no RunTransactionRequest: ",
        absl::string_view(status.message().data(), status.message().size())));
  }
  return request;
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  std::string contents;
  if (path == "-") {
    contents.assign(std::istreambuf_iterator<char>(std::cin), {});
    return contents;
  }
  std::ifstream file(path, std::ios::binary);
  contents.assign(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad()) {
    return absl::FailedPreconditionError(absl::StrCat("can't read ", path));
  }
  return contents;
}

}  // namespace sluice::cli
