// Principal: who calls, once the certificate has been judged.

#ifndef SLUICE_SERVER_IDENTITY_PRINCIPAL_H_
#define SLUICE_SERVER_IDENTITY_PRINCIPAL_H_

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

namespace sluice::identity {

struct Principal {
  // Name of the app in logs and errors.
  std::string app;
  std::string spiffe_id;
  // Databases that the app may use; no other exists for it.
  absl::flat_hash_set<std::string> databases;

  bool MayUse(absl::string_view database) const {
    return databases.contains(database);
  }
};

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_PRINCIPAL_H_
