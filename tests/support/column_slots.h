// Slots of columns, taken from one column to another.

#ifndef SLUICE_TESTS_SUPPORT_COLUMN_SLOTS_H_
#define SLUICE_TESTS_SUPPORT_COLUMN_SLOTS_H_

#include "sluice/v1/types.pb.h"

namespace sluice::testing {

// Appends the slots `begin` to `end` - 1 of `from` to `to`, which has
// `slot_count` of them. `to` is of the same kind, or new. What results is what
// a gateway would make of all the values at once.
void AppendSlots(const v1::Column& from, int begin, int end, int slot_count,
                 v1::Column& to);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_COLUMN_SLOTS_H_
