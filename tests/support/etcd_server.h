// EtcdServer: an etcd of one node, for Patroni.

#ifndef SLUICE_TESTS_SUPPORT_ETCD_SERVER_H_
#define SLUICE_TESTS_SUPPORT_ETCD_SERVER_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {

class EtcdServer {
 public:
  static absl::StatusOr<std::unique_ptr<EtcdServer>> Start();
  // Kills it.
  ~EtcdServer() = default;
  EtcdServer(const EtcdServer&) = delete;

  // On 127.0.0.1, for clients.
  uint16_t port() const { return port_; }

  void Stop();
  // With what it had.
  absl::Status StartAgain();

 private:
  explicit EtcdServer(TempDir folder);

  const TempDir folder_;
  // The next one is for its peers, of which there are none.
  const uint16_t port_;
  int runs_ = 0;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_ETCD_SERVER_H_
