// PreparedStatements: the named statements of one session, the least recently
// used closed beyond a bound.

#ifndef SLUICE_SERVER_POSTGRES_PREPARED_STATEMENTS_H_
#define SLUICE_SERVER_POSTGRES_PREPARED_STATEMENTS_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/type_entry.h"

namespace sluice::postgres {

// A column as RowDescription tells it.
struct ColumnDescription {
  std::string name;
  uint32_t table_oid = 0;
  uint16_t column_number = 0;
  TypeRef type;
  int32_t type_modifier = -1;
};

// A statement that PostgreSQL has parsed.
struct PreparedStatement {
  std::string name;
  std::vector<TypeRef> parameters;
  // Empty when it returns no rows by nature.
  std::vector<ColumnDescription> columns;
};

// Threads: belongs to one event loop.
class PreparedStatements {
 public:
  explicit PreparedStatements(size_t capacity) : capacity_(capacity) {}
  PreparedStatements(const PreparedStatements&) = delete;

  // Key of a text with the parameter types that the caller declared (0: to
  // be inferred).
  static std::string MakeKey(absl::string_view sql,
                             const std::vector<uint32_t>& declared_types);

  // The statement of that key, now the most recently used; null without one.
  const PreparedStatement* Find(const std::string& key);

  // A name that no statement of the session has.
  std::string NextName();

  // Adds a statement. Those beyond the capacity are forgotten here and listed
  // by TakeClosable. Gives the stored one.
  const PreparedStatement* Add(std::string key, PreparedStatement statement);

  // Forgets the statement of that key; TakeClosable lists it.
  void Remove(const std::string& key);

  // Lists a statement that is prepared, perhaps, and not here.
  void Abandon(std::string name) { closable_.push_back(std::move(name)); }

  // From now on what is added is doubtful: the session may differ from what it
  // was, and with it the types that a text's parameters and constants get.
  void DoubtNew() { doubts_new_ = true; }

  // Forgets what is doubtful, and trusts what is added from now on.
  void ForgetDoubtful();

  // How many PostgreSQL holds.
  size_t count() const { return entries_.size() + closable_.size(); }

  // Names that PostgreSQL still holds and that are to be closed.
  std::vector<std::string> TakeClosable();

 private:
  struct Entry {
    std::string key;
    PreparedStatement statement;
    bool is_doubtful;
  };
  using Entries = std::list<Entry>;

  void Forget(Entries::iterator entry);

  const size_t capacity_;
  uint64_t next_number_ = 1;
  bool doubts_new_ = false;
  Entries entries_;  // Most recently used first.
  absl::flat_hash_map<absl::string_view, Entries::iterator> by_key_;
  std::vector<std::string> closable_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_PREPARED_STATEMENTS_H_
