// Migration: one step of a schema from a version to the next.

#ifndef SLUICE_SERVER_PROVISION_MIGRATION_H_
#define SLUICE_SERVER_PROVISION_MIGRATION_H_

#include <string>
#include <vector>

namespace sluice::provision {

struct Migration {
  // The version that it leads to; the first is 1.
  int version = 0;
  std::string name;
  // Statements without BEGIN and COMMIT, every name of the schema's own
  // qualified.
  std::string sql;
};

// The steps of a schema, in order, and what follows each of them.
struct SchemaPlan {
  // Its name; needs no quotes.
  std::string schema;
  // Tells the runs that make it from those that make another.
  int lock_key = 0;
  std::vector<Migration> migrations;
  // Sets who may use what the migrations made. Run again, it changes nothing.
  std::string rights_sql;

  int newest_version() const { return static_cast<int>(migrations.size()); }
};

}  // namespace sluice::provision

#endif  // SLUICE_SERVER_PROVISION_MIGRATION_H_
