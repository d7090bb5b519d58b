// Rights: the classes of statements that a grant, a token or a statement is
// about.

#ifndef SLUICE_SERVER_POLICY_RIGHTS_H_
#define SLUICE_SERVER_POLICY_RIGHTS_H_

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"

namespace sluice::policy {

// As config.v1.Access, which says what each covers.
enum class Right { kRead, kWrite, kDdl, kCopy, kListen };

inline constexpr Right kAllRights[] = {Right::kRead, Right::kWrite, Right::kDdl,
                                       Right::kCopy, Right::kListen};

// Name in scopes, files and messages: "read", "ddl".
absl::string_view RightName(Right right);

// A set of them.
class Rights {
 public:
  constexpr Rights() = default;
  constexpr Rights(std::initializer_list<Right> rights) {
    for (Right right : rights) Add(right);
  }
  static constexpr Rights All() {
    Rights all;
    for (Right right : kAllRights) all.Add(right);
    return all;
  }

  constexpr void Add(Right right) { bits_ |= BitOf(right); }
  constexpr void Add(Rights others) { bits_ |= others.bits_; }
  constexpr bool Has(Right right) const { return (bits_ & BitOf(right)) != 0; }
  constexpr bool HasAll(Rights others) const {
    return (others.bits_ & ~bits_) == 0;
  }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr Rights And(Rights others) const {
    Rights both;
    both.bits_ = bits_ & others.bits_;
    return both;
  }
  constexpr Rights Without(Rights others) const {
    Rights rest;
    rest.bits_ = bits_ & static_cast<uint8_t>(~others.bits_);
    return rest;
  }

  friend constexpr bool operator==(Rights a, Rights b) {
    return a.bits_ == b.bits_;
  }

 private:
  static constexpr uint8_t BitOf(Right right) {
    return static_cast<uint8_t>(1U << static_cast<unsigned>(right));
  }

  uint8_t bits_ = 0;
};

// Their names, for messages: "read, write".
std::string RightNames(Rights rights);

}  // namespace sluice::policy

#endif  // SLUICE_SERVER_POLICY_RIGHTS_H_
