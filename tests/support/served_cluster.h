// ServedCluster: what gateways need of a cluster: its certificates, its roles,
// and a pgbouncer with entries for each of its nodes.

#ifndef SLUICE_TESTS_SUPPORT_SERVED_CLUSTER_H_
#define SLUICE_TESTS_SUPPORT_SERVED_CLUSTER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "tests/support/pgbouncer.h"
#include "tests/support/postgres_socket.h"
#include "tests/support/settings.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_certificates.h"

namespace sluice::testing {

// The database `app`, whose owner is the login role `app`, no superuser, with
// the schema `sluice` by sluice-provision. The nodes are "n0", "n1", .... For
// each there are the entries "app.ROLE.NODE" and "probe.NODE", which logs in to
// the database `postgres` as a role that has pg_read_all_stats and nothing
// more; and the same under the name that the node has where it is discovered.
// All are of one host name, which pgbouncer alone knows.
class ServedCluster {
 public:
  static constexpr char kDatabase[] = "app";
  static constexpr char kRole[] = "app";
  static constexpr char kProbeRole[] = "probe";
  static constexpr char kServerName[] = "pg.sluice.internal";
  // By whom pgbouncer is entered.
  static constexpr char kGatewayUser[] = "sluice";
  static constexpr char kGatewayPassword[] = "of-the-gateway";

  ServedCluster(const ServedCluster&) = delete;
  virtual ~ServedCluster() = default;

  static std::string NameOf(size_t index);
  // HOST:PORT, for discovery, and the name that a node of it is given.
  std::string AddressOf(size_t index) const;
  std::string DiscoveredNameOf(size_t index) const;
  virtual size_t size() const = 0;
  // Where pgbouncer finds it.
  virtual uint16_t PortOf(size_t index) const = 0;

  PgBouncer& pgbouncer() const { return *pgbouncer_; }
  // Of the pgbouncer that runs, for further ones beside it.
  PgBouncerOptions pgbouncer_options() const;
  // The CA "ca" and the nodes' certificate "pg", for kServerName.
  TestCertificates& certificates() { return certificates_; }

 protected:
  // `roles`: further login roles of the database, who own nothing.
  // `pgbouncer`: settings of it.
  ServedCluster(TempDir folder, std::vector<std::string> roles,
                Settings pgbouncer)
      : folder_(std::move(folder)),
        roles_(std::move(roles)),
        pgbouncer_settings_(std::move(pgbouncer)),
        certificates_(folder_.path()) {}

  absl::Status MakeCertificates();
  // Makes the roles, the database and its schema on a primary.
  absl::Status Furnish(const PostgresSocket& primary);
  // Once there are all nodes.
  absl::Status StartPgBouncer();

 private:
  absl::Status MakeRoles(const PostgresSocket& primary);
  absl::Status Provision(const PostgresSocket& primary) const;

  const TempDir folder_;
  const std::vector<std::string> roles_;
  const Settings pgbouncer_settings_;
  TestCertificates certificates_;
  std::string user_verifier_;
  std::unique_ptr<PgBouncer> pgbouncer_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_SERVED_CLUSTER_H_
