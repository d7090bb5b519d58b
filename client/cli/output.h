// Where printed rows go.

#ifndef SLUICE_CLIENT_CLI_OUTPUT_H_
#define SLUICE_CLIENT_CLI_OUTPUT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sluice::cli {

// Takes text in order. It fails once and for all: later text is dropped.
class Output {
 public:
  enum class State {
    kOpen,
    // The reader of a pipe has gone away.
    kClosedByReader,
    kFailed,
  };

  virtual ~Output() = default;
  virtual void Write(absl::string_view text) = 0;
  virtual State state() const = 0;
  bool is_open() const { return state() == State::kOpen; }
};

// Writes to a file descriptor at once. SIGPIPE must be ignored.
class FileOutput : public Output {
 public:
  // Lifetime: `descriptor` stays open, and is not closed.
  explicit FileOutput(int descriptor) : descriptor_(descriptor) {}

  void Write(absl::string_view text) override;
  State state() const override { return state_; }

 private:
  const int descriptor_;
  State state_ = State::kOpen;
};

// Keeps what is written.
class TextOutput : public Output {
 public:
  void Write(absl::string_view text) override {
    text_.append(text.data(), text.size());
  }
  State state() const override { return State::kOpen; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_OUTPUT_H_
