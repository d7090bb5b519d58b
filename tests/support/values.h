// Short ways to say a parameter.

#ifndef SLUICE_TESTS_SUPPORT_VALUES_H_
#define SLUICE_TESTS_SUPPORT_VALUES_H_

#include <cstdint>
#include <string>

#include "google/protobuf/util/message_differencer.h"
#include "sluice/v1/types.pb.h"

namespace sluice::testing {

inline v1::Value Null() {
  v1::Value value;
  value.set_null_value(google::protobuf::NULL_VALUE);
  return value;
}

inline v1::Value Int(int64_t number) {
  v1::Value value;
  value.set_int64_value(number);
  return value;
}

inline v1::Value Text(std::string text) {
  v1::Value value;
  value.set_text_value(std::move(text));
  return value;
}

inline v1::Value Bytes(std::string bytes) {
  v1::Value value;
  value.set_bytes_value(std::move(bytes));
  return value;
}

// `value`, declared to be of a type.
inline v1::Value Typed(v1::Value value, std::string type) {
  value.set_type(std::move(type));
  return value;
}

// Whether two say the same, NaN being NaN.
inline bool SameValue(const v1::Value& one, const v1::Value& other) {
  google::protobuf::util::DefaultFieldComparator comparator;
  comparator.set_treat_nan_as_equal(true);
  google::protobuf::util::MessageDifferencer differencer;
  differencer.set_field_comparator(&comparator);
  return differencer.Compare(one, other);
}

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_VALUES_H_
