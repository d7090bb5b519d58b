// Settings of a cluster, for tests of what is made of them.

#ifndef SLUICE_SERVER_PGBOUNCER_SYNC_TEST_SYNC_SETTINGS_H_
#define SLUICE_SERVER_PGBOUNCER_SYNC_TEST_SYNC_SETTINGS_H_

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "server/config/config_faults.h"
#include "server/pgbouncer_sync/sync_config.h"
#include "sluice/config/v1/pgbouncer_sync.pb.h"

namespace sluice::pgbouncer_sync {

// A whole file, with files in `folder`.
inline std::string SyncYaml(const std::string& folder = "/srv") {
  return absl::StrCat(
      "gateway_user: sluice\n"
      "console: {socket_folder: /run/pgbouncer}\n"
      "clusters:\n"
      "  - name: main\n"
      "    proposal_file: ",
      folder,
      "/main.proposal\n"
      "    include_file: ",
      folder,
      "/main.ini\n"
      "    hosts: [.db.internal, 10.0.0.0/24]\n"
      "    ports: [5432, 6000]\n"
      "    names: {10.0.0.9: pg-9.db.internal}\n"
      "    databases:\n"
      "      - {name: demo, roles: [demo_read, demo_write]}\n"
      "      - {name: other, roles: [other]}\n"
      "    probe: {role: prober}\n");
}

inline config::v1::PgbouncerSync SyncSettings(const std::string& yaml) {
  config::ConfigFaults faults;
  config::v1::PgbouncerSync sync = ReadSyncConfig(yaml, faults);
  EXPECT_TRUE(faults.ToStatus().ok()) << faults.ToStatus();
  return sync;
}

}  // namespace sluice::pgbouncer_sync

#endif  // SLUICE_SERVER_PGBOUNCER_SYNC_TEST_SYNC_SETTINGS_H_
