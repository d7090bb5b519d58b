// What array, composite and range parameters must look like, in either form.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_CONTAINER_SHAPE_H_
#define SLUICE_SERVER_POSTGRES_CODEC_CONTAINER_SHAPE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/postgres/codec/type_entry.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

// Errors: INVALID_ARGUMENT (PARAMETER_MALFORMED) when an element is an array,
// though not by its type: a domain over an array. Null `element`: a type that
// is not known.
absl::Status CheckElement(const v1::Value& value, const TypeEntry* element);

// Errors: INVALID_ARGUMENT (PARAMETER_MALFORMED) when an array has not the
// shape of an int2vector or oidvector: one dimension from 0, which is also what
// is meant where no bound is given, and no NULL.
absl::Status CheckVector(const v1::ArrayValue& array);

// Whether the catalog knows the attributes of a composite type.
bool KnowsFields(const TypeEntry& composite);

// Errors: INVALID_ARGUMENT (PARAMETER_MALFORMED) when a composite has more or
// fewer fields than its type, where these are known.
absl::Status CheckFieldCount(const v1::CompositeValue& composite,
                             const TypeEntry& target);

// The type of a field, from 0; null where it is not known.
const TypeEntry* FieldType(const TypeEntry& composite, int field);

// How errors call a field, counted from 0: "field 2 (price)", or "field 2"
// where its name is not known.
std::string FieldName(const TypeEntry& composite, int field);

// A range that has been checked.
class RangeBounds {
 public:
  // Of range_send and range_recv.
  static constexpr uint8_t kEmpty = 0x01;
  static constexpr uint8_t kLowerInclusive = 0x02;
  static constexpr uint8_t kUpperInclusive = 0x04;
  static constexpr uint8_t kNoLower = 0x08;
  static constexpr uint8_t kNoUpper = 0x10;

  // Errors: INVALID_ARGUMENT (PARAMETER_MALFORMED) when an empty range has
  // bounds, or a bound that is not there is inclusive.
  // Lifetime: `range` outlives it.
  static absl::StatusOr<RangeBounds> Make(const v1::RangeValue& range);

  // Null: none.
  const v1::Value* lower() const { return lower_; }
  const v1::Value* upper() const { return upper_; }
  bool is_empty() const { return (flags_ & kEmpty) != 0; }
  char opening() const { return (flags_ & kLowerInclusive) != 0 ? '[' : '('; }
  char closing() const { return (flags_ & kUpperInclusive) != 0 ? ']' : ')'; }
  uint8_t flags() const { return flags_; }

 private:
  const v1::Value* lower_ = nullptr;
  const v1::Value* upper_ = nullptr;
  uint8_t flags_ = 0;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_CONTAINER_SHAPE_H_
