// Wraps libedit. It reads characters through a function of ours, so that a
// Ctrl-C ends the line whenever it comes.

#include "client/cli/shell/line_editor.h"

#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cwchar>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/display_text.h"
#include "client/cli/shell/terminal.h"

namespace sluice::cli {
namespace {

constexpr int kRememberedLines = 10'000;
constexpr size_t kShownCandidates = 120;

// `texts` in columns as wide as the terminal.
std::string LayOut(const std::vector<std::string>& texts) {
  const size_t count = std::min(texts.size(), kShownCandidates);
  size_t width = 0;
  for (size_t i = 0; i < count; ++i) {
    width = std::max(width, DisplayWidth(texts[i]) + 2);
  }
  const size_t columns = std::max<size_t>(TerminalSize().columns / width, 1);
  const size_t lines = (count + columns - 1) / columns;
  std::string out;
  for (size_t line = 0; line < lines; ++line) {
    for (size_t i = line; i < count; i += lines) {
      const size_t padding = width - DisplayWidth(texts[i]);
      absl::StrAppend(&out, texts[i],
                      std::string(i + lines < count ? padding : 0, ' '));
    }
    out.push_back('\n');
  }
  if (count < texts.size()) {
    absl::StrAppend(&out, "... and ", texts.size() - count, " more\n");
  }
  return out;
}

}  // namespace

LineEditor::LineEditor(Interrupts& interrupts, Complete complete)
    : interrupts_(interrupts),
      complete_(std::move(complete)),
      editor_(el_init("sluice", stdin, stdout, stderr), el_end),
      history_(history_init(), history_end) {
  HistEvent event;
  history(history_.get(), &event, H_SETSIZE, kRememberedLines);
  history(history_.get(), &event, H_SETUNIQUE, 1);
  EditLine* const editor = editor_.get();
  el_set(editor, EL_CLIENTDATA, this);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_PROMPT, &LineEditor::Prompt);
  el_set(editor, EL_HIST, history, history_.get());
  el_set(editor, EL_GETCFN, &LineEditor::ReadCharacter);
  el_set(editor, EL_ADDFN, "sluice-complete", "Completes the word",
         &LineEditor::CompleteWord);
  el_set(editor, EL_BIND, "^I", "sluice-complete", nullptr);
  el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  el_source(editor, nullptr);
}

LineEditor::~LineEditor() = default;

LineEditor::Result LineEditor::Read(const std::string& prompt,
                                    std::string& line) {
  prompt_ = prompt;
  was_interrupted_ = false;
  interrupts_.Clear();
  el_resize(editor_.get());
  // libedit shows the prompt first: a Ctrl-D that comes in between would be
  // lost.
  el_set(editor_.get(), EL_PREP_TERM, 1);
  int length = 0;
  const char* text = el_gets(editor_.get(), &length);
  if (was_interrupted_) {
    interrupts_.Clear();
    std::fputs("^C\n", stdout);
    std::fflush(stdout);
    return Result::kInterrupted;
  }
  if (text == nullptr || length <= 0) return Result::kEnd;
  line.assign(text, static_cast<size_t>(length));
  if (absl::EndsWith(line, "\n")) line.pop_back();
  return Result::kLine;
}

void LineEditor::Remember(const std::string& line) {
  HistEvent event;
  history(history_.get(), &event, H_ENTER, line.c_str());
}

LineEditor& LineEditor::Of(EditLine* editor) {
  void* self = nullptr;
  el_get(editor, EL_CLIENTDATA, &self);
  return *static_cast<LineEditor*>(self);
}

char* LineEditor::Prompt(EditLine* editor) { return Of(editor).prompt_.data(); }

bool LineEditor::AwaitByte(char& byte) {
  pollfd either[] = {{.fd = interrupts_.descriptor(), .events = POLLIN},
                     {.fd = STDIN_FILENO, .events = POLLIN}};
  for (;;) {
    if (poll(either, 2, /*timeout=*/-1) < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    if (either[0].revents != 0) {
      was_interrupted_ = true;
      return false;
    }
    if (either[1].revents == 0) continue;
    const ssize_t length = read(STDIN_FILENO, &byte, 1);
    if (length < 0 && errno == EINTR) continue;
    return length == 1;
  }
}

int LineEditor::ReadCharacter(EditLine* editor, wchar_t* character) {
  LineEditor& self = Of(editor);
  std::mbstate_t state = {};
  for (;;) {
    char byte = 0;
    if (!self.AwaitByte(byte)) return self.was_interrupted_ ? -1 : 0;
    const size_t length = std::mbrtowc(character, &byte, 1, &state);
    if (length <= 1) return 1;
    // Not of this encoding: what comes next may be.
    if (length == static_cast<size_t>(-1)) state = {};
  }
}

unsigned char LineEditor::CompleteWord(EditLine* editor, int /*key*/) {
  LineEditor& self = Of(editor);
  const LineInfo* line = el_line(editor);
  const absl::string_view before(line->buffer, line->cursor - line->buffer);
  const absl::string_view after(line->cursor, line->lastchar - line->cursor);
  const Completion completion = self.complete_(before, after);
  if (completion.candidates.empty()) return CC_REFRESH_BEEP;
  std::string insertion = CommonPrefix(completion.candidates);
  const bool is_only = completion.candidates.size() == 1;
  const absl::string_view word =
      before.substr(before.size() - completion.replaced_bytes);
  if (!is_only && insertion.size() <= word.size()) {
    return self.ShowCandidates(completion);
  }
  if (is_only) insertion.push_back(' ');
  const int replaced =
      static_cast<int>(std::mbstowcs(nullptr, std::string(word).c_str(), 0));
  if (replaced > 0) el_deletestr(editor, replaced);
  el_insertstr(editor, insertion.c_str());
  return is_only ? CC_REFRESH : CC_REFRESH_BEEP;
}

unsigned char LineEditor::ShowCandidates(const Completion& completion) {
  std::fputs("\n", stdout);
  std::fputs(LayOut(completion.candidates).c_str(), stdout);
  std::fflush(stdout);
  return CC_REDISPLAY;
}

}  // namespace sluice::cli
