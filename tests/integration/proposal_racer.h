// ProposalRacer: changes what is proposed as fast as it can, in all ways.

#ifndef SLUICE_TESTS_INTEGRATION_PROPOSAL_RACER_H_
#define SLUICE_TESTS_INTEGRATION_PROPOSAL_RACER_H_

#include <cstddef>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sluice::testing {

// Threads: one.
class ProposalRacer {
 public:
  // Puts one of the texts, a link to one, or a FIFO in the place of `file`; or
  // writes a text into the file that is there, at once or byte by byte.
  ProposalRacer(std::string file, std::vector<std::string> texts, unsigned seed)
      : file_(std::move(file)), texts_(std::move(texts)), random_(seed) {}

  void Run(absl::Time end);

  // Changes so far.
  int count() const { return count_; }

 private:
  void Overwrite(absl::string_view text, size_t piece_bytes);
  void Replace(const std::function<void(const std::string&)>& make);

  const std::string file_;
  const std::vector<std::string> texts_;
  std::minstd_rand random_;
  int count_ = 0;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_PROPOSAL_RACER_H_
