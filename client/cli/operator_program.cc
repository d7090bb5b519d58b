#include "client/cli/operator_program.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace sluice::cli {
namespace {

constexpr char kProgram[] = "sluice-operator";

// Where it would stand beside this program; empty where that is not known.
std::string PathBeside() {
  std::error_code error;
  const std::filesystem::path self =
      std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string() : (self.parent_path() / kProgram).string();
}

}  // namespace

bool IsOperatorCommand(absl::string_view name) {
  return name == "keys" || name == "policy" || name == "audit";
}

std::string RunOperatorProgram(
    const std::vector<absl::string_view>& arguments) {
  std::vector<std::string> texts = {kProgram};
  for (absl::string_view argument : arguments) texts.emplace_back(argument);
  std::vector<char*> argv;
  argv.reserve(texts.size() + 1);
  for (std::string& text : texts) argv.push_back(text.data());
  argv.push_back(nullptr);
  // It has its own idea of a reader that goes away.
  std::signal(SIGPIPE, SIG_DFL);
  const std::string beside = PathBeside();
  if (!beside.empty()) execv(beside.c_str(), argv.data());
  if (beside.empty() || errno == ENOENT) execvp(kProgram, argv.data());
  if (errno == ENOENT) {
    return absl::StrCat("this command is carried out by ", kProgram,
                        ", which is neither beside sluice nor in PATH");
  }
  return absl::StrCat("can't start ", kProgram, ": ", std::strerror(errno));
}

}  // namespace sluice::cli
