// ConfigReloader: what reads the parts of the configuration anew that can
// change while the server runs, as far as the Admin service needs it.

#ifndef SLUICE_SERVER_RPC_CONFIG_RELOADER_H_
#define SLUICE_SERVER_RPC_CONFIG_RELOADER_H_

#include <functional>

#include "absl/time/time.h"
#include "sluice/v1/admin.pb.h"

namespace sluice::rpc {

// Threads: any.
class ConfigReloader {
 public:
  ConfigReloader() = default;
  ConfigReloader(const ConfigReloader&) = delete;
  virtual ~ConfigReloader() = default;

  // Looks at everything at once and calls `done`, once, with what became of it:
  // on another thread or before this returns.
  virtual void Reload(std::function<void(v1::ReloadConfigResponse)> done) = 0;

  // Since when the policy is in force that is.
  virtual absl::Time policy_load_time() const = 0;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_CONFIG_RELOADER_H_
