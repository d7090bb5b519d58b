// Looks up types that are not built in, on the connection that met them.

#ifndef SLUICE_SERVER_POSTGRES_TYPE_LOOKUP_H_
#define SLUICE_SERVER_POSTGRES_TYPE_LOOKUP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/base/task.h"
#include "server/postgres/codec/type_catalog.h"
#include "server/postgres/connection.h"

namespace sluice::postgres {

// Teaches `types` those of `oids`. OIDs that no type has stay unknown.
// Errors: UNAVAILABLE when the connection is lost, PostgreSQL's own.
Task<absl::Status> LearnTypes(Connection& connection, TypeCatalog& types,
                              const std::vector<uint32_t>& oids);

// Teaches `types` the type that SQL calls `name`.
// Errors: as above; INVALID_ARGUMENT (UNKNOWN_TYPE).
Task<absl::Status> LearnTypeName(Connection& connection, TypeCatalog& types,
                                 const std::string& name);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_TYPE_LOOKUP_H_
