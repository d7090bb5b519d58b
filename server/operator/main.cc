// sluice-operator: what operators do without a server; `sluice keys`, `sluice
// policy` and `sluice audit` start it.

#include <iostream>
#include <string>
#include <vector>

#include "server/operator/commands.h"

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words == std::vector<std::string>{"--version"}) {
    std::cout << "sluice-operator " SLUICE_VERSION "\n";
    return 0;
  }
  return sluice::operators::RunCommandLine(sluice::operators::AllCommands(),
                                           words, std::cout, std::cerr);
}
