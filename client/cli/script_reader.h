// Statements out of a file or standard input.

#ifndef SLUICE_CLIENT_CLI_SCRIPT_READER_H_
#define SLUICE_CLIENT_CLI_SCRIPT_READER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "client/cli/statement_splitter.h"

namespace sluice::cli {

// Reads a script of any length; it holds one statement and one line.
class ScriptReader {
 public:
  // "-" is standard input.
  // Errors: FAILED_PRECONDITION where the file can't be opened.
  static absl::StatusOr<ScriptReader> Open(
      const std::string& path, StatementSplitter::Backslash backslash);

  ScriptReader(ScriptReader&& other) noexcept;
  ~ScriptReader();

  // The next statement or command; nothing at the end.
  // Errors: FAILED_PRECONDITION where the file can't be read.
  absl::StatusOr<absl::optional<ScriptItem>> Next();

  // What messages call the script.
  const std::string& name() const { return name_; }

  // Holds what has begun at the place of the last item.
  StatementSplitter& splitter() { return splitter_; }

 private:
  ScriptReader(int descriptor, std::string name,
               StatementSplitter::Backslash backslash)
      : descriptor_(descriptor), name_(std::move(name)), splitter_(backslash) {}

  // Adds whole lines to the splitter, or the rest at the end of the file.
  absl::Status ReadMore();

  int descriptor_;
  std::string name_;
  StatementSplitter splitter_;
  // What has been read behind the last newline.
  std::string unfinished_line_;
  bool is_at_end_ = false;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SCRIPT_READER_H_
