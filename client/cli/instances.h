// Instances: those of the gateway that a command of admins is for.

#ifndef SLUICE_CLIENT_CLI_INSTANCES_H_
#define SLUICE_CLIENT_CLI_INSTANCES_H_

#include <cstddef>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/options.h"
#include "sluice/client/admin.h"

namespace sluice::cli {

// Threads: any.
class Instances {
 public:
  // Of `options.addresses`.
  // Errors: those of OpenChannel.
  static absl::StatusOr<Instances> Open(const Options& options);

  size_t size() const { return instances_.size(); }
  const std::string& address(size_t index) const {
    return instances_[index].address;
  }

  // Asks all of them at once, each on a thread of its own, by `call`, which
  // takes a `const client::Admin&` and gives an absl::StatusOr. The answers
  // stand in the order of the instances.
  template <typename Call>
  auto Ask(const Call& call) const {
    using Answer = std::invoke_result_t<Call, const client::Admin&>;
    std::vector<Answer> answers(size());
    std::vector<std::thread> threads;
    for (size_t i = 0; i < size(); ++i) {
      threads.emplace_back([this, &call, &answer = answers[i], i] {
        answer = call(instances_[i].admin);
      });
    }
    for (std::thread& thread : threads) thread.join();
    return answers;
  }

 private:
  struct Instance {
    std::string address;
    client::Admin admin;
  };

  std::vector<Instance> instances_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_INSTANCES_H_
