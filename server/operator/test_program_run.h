// RunProgram: sluice-operator as it is shipped, run to its end.

#ifndef SLUICE_SERVER_OPERATOR_TEST_PROGRAM_RUN_H_
#define SLUICE_SERVER_OPERATOR_TEST_PROGRAM_RUN_H_

#include <sys/wait.h>

#include <cstddef>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"

namespace sluice::operators {

struct ProgramRun {
  int exit_code = -1;
  // Of both streams.
  std::string output;
};

inline ProgramRun RunProgram(const std::string& arguments) {
  const std::string command =
      absl::StrCat(SLUICE_OPERATOR_PROGRAM, " ", arguments, " 2>&1");
  ProgramRun run;
  FILE* pipe = popen(command.c_str(), "r");
  char buffer[4096];
  size_t size = 0;
  while ((size = fread(buffer, 1, sizeof(buffer), pipe)) > 0) {
    run.output.append(buffer, size);
  }
  const int status = pclose(pipe);
  if (WIFEXITED(status)) run.exit_code = WEXITSTATUS(status);
  return run;
}

}  // namespace sluice::operators

#endif  // SLUICE_SERVER_OPERATOR_TEST_PROGRAM_RUN_H_
