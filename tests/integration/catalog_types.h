// The types that a server's pg_type has.

#ifndef SLUICE_TESTS_INTEGRATION_CATALOG_TYPES_H_
#define SLUICE_TESTS_INTEGRATION_CATALOG_TYPES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/support/sql_session.h"

namespace sluice::testing {

struct CatalogType {
  // As SQL may write it for a column of the type, of any length.
  std::string sql_name;
  // As format_type writes it without a modifier.
  std::string name;
  // pg_type.typname.
  std::string catalog_name;
  // pg_type.typtype; 'a' for an array.
  char kind = 'b';
  // Of an array its element, of a range its bound, of a multirange its range,
  // of a domain its base; else 0.
  uint32_t inner_oid = 0;
  // Of a composite, dropped fields left out.
  std::vector<uint32_t> field_oids;
  std::vector<std::string> field_names;
  // Of an enum.
  std::vector<std::string> labels;
  // Between the elements of an array.
  char delimiter = ',';
  // Whether it has binary input and output.
  bool has_binary_form = false;
};

// By OID.
using CatalogTypes = std::map<uint32_t, CatalogType>;

absl::StatusOr<CatalogTypes> ReadCatalogTypes(SqlSession& session);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_CATALOG_TYPES_H_
