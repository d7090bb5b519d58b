// SchemaState: what a database has of a schema that this program makes.

#ifndef SLUICE_SERVER_PROVISION_SCHEMA_STATE_H_
#define SLUICE_SERVER_PROVISION_SCHEMA_STATE_H_

#include <pqxx/pqxx>
#include <string>

#include "absl/status/statusor.h"

namespace sluice::provision {

struct SchemaState {
  std::string database;
  // The current one.
  std::string role;
  enum class Presence {
    kMissing,
    // There, with nothing in it, and the caller's own: an administrator may
    // make it for a role that may not make schemas.
    kEmpty,
    kMade,
  } presence = Presence::kMissing;
  // 0 unless the schema is made.
  int version = 0;
  // A replica, or a server that recovers.
  enum class Access { kWritable, kReadOnly } access = Access::kWritable;
  // Whether the role may make schemas in the database.
  enum class Creation { kAllowed, kRefused } creation = Creation::kAllowed;
};

// Errors: FAILED_PRECONDITION when there is a schema of that name which is not
// the current role's, or which this program did not make. Nothing in such a
// schema is called.
absl::StatusOr<SchemaState> ReadSchemaState(const std::string& schema,
                                            pqxx::work& transaction);

}  // namespace sluice::provision

#endif  // SLUICE_SERVER_PROVISION_SCHEMA_STATE_H_
