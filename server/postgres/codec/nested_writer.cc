// The writer of each structured kind.

#include "server/postgres/codec/nested_writer.h"

#include "server/postgres/codec/array_writer.h"
#include "server/postgres/codec/composite_writer.h"
#include "server/postgres/codec/multirange_writer.h"
#include "server/postgres/codec/range_writer.h"

namespace sluice::postgres {

std::unique_ptr<NestedWriter> MakeNestedWriter(const TypeEntry& type,
                                               v1::Column* column,
                                               Expansion* expansion) {
  switch (type.column_kind) {
    case ColumnKind::kArray:
    case ColumnKind::kVector:
      return std::make_unique<ArrayWriter>(*type.element,
                                           column->mutable_arrays(), expansion);
    case ColumnKind::kComposite:
      return std::make_unique<CompositeWriter>(
          type, column->mutable_composites(), expansion);
    case ColumnKind::kRange:
      return std::make_unique<RangeWriter>(*type.element,
                                           column->mutable_ranges(), expansion);
    case ColumnKind::kMultirange:
      return std::make_unique<MultirangeWriter>(
          *type.element, column->mutable_multiranges(), expansion);
    default:
      return nullptr;
  }
}

}  // namespace sluice::postgres
