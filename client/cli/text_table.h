// TextTable: rows of plain texts, laid out as results are.

#ifndef SLUICE_CLIENT_CLI_TEXT_TABLE_H_
#define SLUICE_CLIENT_CLI_TEXT_TABLE_H_

#include <string>
#include <vector>

#include "sluice/v1/types.pb.h"

namespace sluice::cli {

class TextTable {
 public:
  explicit TextTable(const std::vector<std::string>& header);

  // As many cells as the header has.
  void AddRow(const std::vector<std::string>& cells);

  std::string Format() const;

 private:
  v1::ResultSet rows_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_TEXT_TABLE_H_
