#include "tests/support/column_slots.h"

#include <cstddef>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace sluice::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool IsNull(const v1::Column& column, int row) {
  const auto byte = static_cast<size_t>(row / 8);
  return byte < column.nulls().size() &&
         ((static_cast<unsigned char>(column.nulls()[byte]) >> (row % 8)) & 1);
}

void MarkNull(std::string& nulls, int row) {
  char& byte = nulls[static_cast<size_t>(row / 8)];
  byte = static_cast<char>(static_cast<unsigned char>(byte) | (1u << row % 8));
}

void AppendNulls(const v1::Column& from, int begin, int end, int slot_count,
                 v1::Column& to) {
  bool wanted = !to.nulls().empty();
  for (int row = begin; row < end; ++row) wanted |= IsNull(from, row);
  if (!wanted) return;
  std::string& nulls = *to.mutable_nulls();
  nulls.resize(static_cast<size_t>(slot_count + end - begin + 7) / 8, '\0');
  for (int row = begin; row < end; ++row) {
    if (IsNull(from, row)) MarkNull(nulls, slot_count + row - begin);
  }
}

// Of a member whose slots are a list of values.
void AppendValues(const v1::Column& from, int begin, int end, v1::Column& to) {
  const FieldDescriptor* member =
      from.GetDescriptor()->FindFieldByNumber(from.values_case());
  const Message& source = from.GetReflection()->GetMessage(from, member);
  Message& target = *to.GetReflection()->MutableMessage(&to, member);
  const FieldDescriptor* values =
      source.GetDescriptor()->FindFieldByName("values");
  const Reflection* in = source.GetReflection();
  const Reflection* out = target.GetReflection();
  for (int row = begin; row < end; ++row) {
    switch (values->cpp_type()) {
      case FieldDescriptor::CPPTYPE_BOOL:
        out->AddBool(&target, values, in->GetRepeatedBool(source, values, row));
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        out->AddInt32(&target, values,
                      in->GetRepeatedInt32(source, values, row));
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        out->AddInt64(&target, values,
                      in->GetRepeatedInt64(source, values, row));
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        out->AddDouble(&target, values,
                       in->GetRepeatedDouble(source, values, row));
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        out->AddString(&target, values,
                       in->GetRepeatedString(source, values, row));
        break;
      default:
        out->AddMessage(&target, values)
            ->CopyFrom(in->GetRepeatedMessage(source, values, row));
    }
  }
}

// Writes down the shapes of arrays that have gone without: one dimension from
// 1, or none.
void WriteShapes(v1::ArrayColumn& arrays) {
  if (!arrays.dimensions().empty()) return;
  for (int row = 0; row + 1 < arrays.offsets_size(); ++row) {
    const uint32_t length = arrays.offsets(row + 1) - arrays.offsets(row);
    arrays.add_dimensions(length == 0 ? 0 : 1);
    if (length == 0) continue;
    arrays.add_lengths(static_cast<int32_t>(length));
    arrays.add_lower_bounds(1);
  }
}

void AppendShapes(const v1::ArrayColumn& from, int begin, int end,
                  v1::ArrayColumn& to) {
  int at = 0;
  for (int row = 0; row < end; ++row) {
    const int count = static_cast<int>(from.dimensions(row));
    if (row >= begin) {
      to.add_dimensions(from.dimensions(row));
      for (int i = at; i < at + count; ++i) {
        to.add_lengths(from.lengths(i));
        to.add_lower_bounds(from.lower_bounds(i));
      }
    }
    at += count;
  }
}

void AppendArrays(const v1::ArrayColumn& from, int begin, int end,
                  v1::ArrayColumn& to) {
  const bool shaped = !from.dimensions().empty() || !to.dimensions().empty();
  if (shaped) WriteShapes(to);
  if (to.offsets().empty()) to.add_offsets(0);
  const uint32_t there = to.offsets(to.offsets_size() - 1);
  const uint32_t first = from.offsets(begin);
  AppendSlots(from.elements(), static_cast<int>(first),
              static_cast<int>(from.offsets(end)), static_cast<int>(there),
              *to.mutable_elements());
  for (int row = begin; row < end; ++row) {
    to.add_offsets(there + from.offsets(row + 1) - first);
  }
  if (!shaped) return;
  v1::ArrayColumn written = from;
  WriteShapes(written);
  AppendShapes(written, begin, end, to);
}

void AppendComposites(const v1::CompositeColumn& from, int begin, int end,
                      int slot_count, v1::CompositeColumn& to) {
  for (int i = 0; i < from.fields_size(); ++i) {
    if (i >= to.fields_size()) to.add_fields();
    AppendSlots(from.fields(i), begin, end, slot_count, *to.mutable_fields(i));
  }
}

void AppendRanges(const v1::RangeColumn& from, int begin, int end,
                  int slot_count, v1::RangeColumn& to) {
  AppendSlots(from.lowers(), begin, end, slot_count, *to.mutable_lowers());
  AppendSlots(from.uppers(), begin, end, slot_count, *to.mutable_uppers());
  to.mutable_flags()->append(from.flags(), static_cast<size_t>(begin),
                             static_cast<size_t>(end - begin));
}

void AppendMultiranges(const v1::MultirangeColumn& from, int begin, int end,
                       v1::MultirangeColumn& to) {
  if (to.offsets().empty()) to.add_offsets(0);
  const uint32_t there = to.offsets(to.offsets_size() - 1);
  const uint32_t first = from.offsets(begin);
  AppendRanges(from.ranges(), static_cast<int>(first),
               static_cast<int>(from.offsets(end)), static_cast<int>(there),
               *to.mutable_ranges());
  for (int row = begin; row < end; ++row) {
    to.add_offsets(there + from.offsets(row + 1) - first);
  }
}

}  // namespace

void AppendSlots(const v1::Column& from, int begin, int end, int slot_count,
                 v1::Column& to) {
  AppendNulls(from, begin, end, slot_count, to);
  switch (from.values_case()) {
    case v1::Column::kArrays:
      return AppendArrays(from.arrays(), begin, end, *to.mutable_arrays());
    case v1::Column::kComposites:
      return AppendComposites(from.composites(), begin, end, slot_count,
                              *to.mutable_composites());
    case v1::Column::kRanges:
      return AppendRanges(from.ranges(), begin, end, slot_count,
                          *to.mutable_ranges());
    case v1::Column::kMultiranges:
      return AppendMultiranges(from.multiranges(), begin, end,
                               *to.mutable_multiranges());
    case v1::Column::VALUES_NOT_SET:
      return;
    default:
      return AppendValues(from, begin, end, to);
  }
}

}  // namespace sluice::testing
