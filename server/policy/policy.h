// Policy: who may do what, as one file says it; it never changes, the next one
// takes its place.

#ifndef SLUICE_SERVER_POLICY_POLICY_H_
#define SLUICE_SERVER_POLICY_POLICY_H_

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/config/config_faults.h"
#include "server/policy/rights.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/config/v1/policy.pb.h"

namespace sluice::policy {

// Custom settings of a session, by name.
using SessionSettings = std::map<std::string, std::string>;

// What an app may do in one database under one role.
struct Grant {
  std::string database;
  std::string role;
  Rights rights;
  // Patterns of channels; `*` stands for any characters.
  std::vector<std::string> channels;
  SessionSettings settings;
};

// Limits of an app; those that it has not are the largest value of their type.
struct AppLimits {
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::max();

  uint32_t max_calls = std::numeric_limits<uint32_t>::max();
  uint32_t max_open_transactions = std::numeric_limits<uint32_t>::max();
  // 0: no limit.
  double max_calls_per_second = 0;
  uint32_t burst_calls = std::numeric_limits<uint32_t>::max();
  absl::Duration max_statement_time = absl::InfiniteDuration();
  absl::Duration max_transaction_time = absl::InfiniteDuration();
  int64_t max_rows = kNone;
  int64_t max_result_bytes = kNone;
  int64_t max_stream_rows = kNone;
  int64_t max_stream_bytes = kNone;
};

struct App {
  std::string name;
  // As in the file, in its order.
  std::vector<Grant> grants;
  AppLimits limits;
  absl::Duration default_ttl;
  absl::Duration max_ttl;
  bool admin = false;

  bool MayUse(absl::string_view database) const;
  // Of all its grants for a database together.
  Rights RightsIn(absl::string_view database) const;
};

// Name of pgbouncer's entry for a database under a role.
std::string EntryFor(const config::v1::Database& database,
                     absl::string_view role);

// Threads: any; it never changes.
class Policy {
 public:
  // Takes a policy with the configuration that it belongs to: its databases,
  // trust domain, and defaults of tokens. `faults` has those that are known
  // already, and the lines of fields.
  // Errors: INVALID_ARGUMENT with the paths of all fields at fault, one to a
  // line.
  static absl::StatusOr<std::shared_ptr<const Policy>> Make(
      const config::v1::Policy& policy, const config::v1::Config& config,
      config::ConfigFaults faults = {});

  // Reads and judges the file that the configuration names.
  // Errors: as Make; NOT_FOUND, PERMISSION_DENIED if it can't be read.
  static absl::StatusOr<std::shared_ptr<const Policy>> Load(
      const config::v1::Config& config);

  // The app of an identity: a SPIFFE ID, or "CN=" and a common name. Null if no
  // app has it. Lives as long as the policy.
  const App* FindApp(absl::string_view identity) const;
  const App* FindAppByName(absl::string_view name) const;

  const std::vector<App>& apps() const { return apps_; }
  // SHA-256 of its canonical form, hexadecimal: equal for equal policies.
  const std::string& digest() const { return digest_; }

 private:
  Policy() = default;

  std::vector<App> apps_;
  absl::flat_hash_map<std::string, const App*> by_identity_;
  absl::flat_hash_map<std::string, const App*> by_name_;
  std::string digest_;
};

}  // namespace sluice::policy

#endif  // SLUICE_SERVER_POLICY_POLICY_H_
