// DnsServer: nsd on a port of its own, with zones of the test's own.

#ifndef SLUICE_TESTS_SUPPORT_DNS_SERVER_H_
#define SLUICE_TESTS_SUPPORT_DNS_SERVER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {

class DnsServer {
 public:
  // Records by the name of their zone, such as "cluster.local", as a zone file
  // has them (RFC 1035, section 5), without SOA and NS. Of a zone whose records
  // can't be read each answer is SERVFAIL.
  static absl::StatusOr<std::unique_ptr<DnsServer>> Start(
      const std::map<std::string, std::string>& zones);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;

  // Replaces the records of a zone; they are served soon after.
  absl::Status SetZone(const std::string& zone, const std::string& records);

  // Ends it, and starts it again at the same address.
  void Stop();
  absl::Status StartAgain();

  // ADDRESS:PORT, for UDP and TCP.
  std::string address() const;

 private:
  explicit DnsServer(TempDir folder);
  absl::Status WriteZone(const std::string& zone, const std::string& records);

  const TempDir folder_;
  const uint16_t port_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_DNS_SERVER_H_
