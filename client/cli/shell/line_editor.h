// Lines typed at a terminal, with editing, history and completion.

#ifndef SLUICE_CLIENT_CLI_SHELL_LINE_EDITOR_H_
#define SLUICE_CLIENT_CLI_SHELL_LINE_EDITOR_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "client/cli/interrupts.h"
#include "client/cli/shell/completer.h"

struct editline;
struct history;

namespace sluice::cli {

// Reads from standard input and shows on standard output, which are a terminal.
class LineEditor {
 public:
  // What may stand at the cursor, which is between the two texts.
  using Complete = std::function<Completion(absl::string_view before,
                                            absl::string_view after)>;

  enum class Result {
    kLine,
    // Ctrl-C: the line is forgotten.
    kInterrupted,
    // Ctrl-D on an empty line.
    kEnd,
  };

  // Lifetime: `interrupts` outlives it.
  LineEditor(Interrupts& interrupts, Complete complete);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  // Reads one line, without its newline.
  Result Read(const std::string& prompt, std::string& line);

  // Makes one line recallable.
  void Remember(const std::string& line);

 private:
  static LineEditor& Of(editline* editor);
  static char* Prompt(editline* editor);
  static int ReadCharacter(editline* editor, wchar_t* character);
  static unsigned char CompleteWord(editline* editor, int key);

  // Whether a byte has come; false at a Ctrl-C and at the end of the input.
  bool AwaitByte(char& byte);
  unsigned char ShowCandidates(const Completion& completion);

  Interrupts& interrupts_;
  const Complete complete_;
  std::unique_ptr<editline, void (*)(editline*)> editor_;
  std::unique_ptr<struct history, void (*)(struct history*)> history_;
  std::string prompt_;
  bool was_interrupted_ = false;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_LINE_EDITOR_H_
