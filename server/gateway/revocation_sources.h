// RevocationSources: where the revocations of this instance come from: the
// control database and the deny list, as far as the configuration has them.

#ifndef SLUICE_SERVER_GATEWAY_REVOCATION_SOURCES_H_
#define SLUICE_SERVER_GATEWAY_REVOCATION_SOURCES_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/event_loop.h"
#include "server/base/reload.h"
#include "server/control/control_database.h"
#include "server/control/control_settings.h"
#include "server/control/revocation_union.h"
#include "server/identity/revocations.h"
#include "server/postgres/connection_settings.h"
#include "server/rpc/revocation_store.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::gateway {

// Threads: any, but for Start and Stop.
class RevocationSources final : public rpc::RevocationStore {
 public:
  // Reads the deny list. `backend`: how pgbouncer's entries are connected to.
  // Errors: INVALID_ARGUMENT, UNAVAILABLE (the deny list).
  static absl::StatusOr<std::unique_ptr<RevocationSources>> Make(
      const config::v1::Config& config,
      const postgres::ConnectionSettings& backend);
  // Stopped by then, if it was started.
  ~RevocationSources() override = default;

  // This, or null without a control database.
  rpc::RevocationStore* store() {
    return control_settings_.entries.empty() ? nullptr : this;
  }

  // Begins: `listener` gets what is revoked before this returns, and whenever
  // it has changed. Waits a little for the control database.
  void Start(control::RevocationUnion::Listener listener);

  // Nobody waits for a Revoke by then; the listener is not called again.
  void Stop();

  // Errors: those of Make; what was before stays.
  absl::StatusOr<Reload> ReloadDenyList();

  // As rpc::RevocationStore; after Start, with a control database.
  Task<absl::StatusOr<absl::Time>> Revoke(const rpc::Revocation& revocation,
                                          Deadline deadline) override;
  absl::Duration Age() const override;

 private:
  RevocationSources(const config::v1::Config& config,
                    const postgres::ConnectionSettings& backend);

  absl::Status ReadDenyList();

  const std::string deny_list_file_;
  const control::ControlSettings control_settings_;
  std::string deny_list_text_;
  identity::Revocations deny_list_;
  std::optional<control::RevocationUnion> both_;
  std::optional<EventLoop> loop_;
  std::optional<control::ControlDatabase> database_;
};

}  // namespace sluice::gateway

#endif  // SLUICE_SERVER_GATEWAY_REVOCATION_SOURCES_H_
