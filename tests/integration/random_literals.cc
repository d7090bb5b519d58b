#include "tests/integration/random_literals.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace sluice::testing {
namespace {

// As arrays, composites and ranges all take it.
std::string Quoted(const std::string& text) {
  return absl::StrCat(
      "\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

}  // namespace

bool RandomLiterals::Covers(uint32_t oid) const {
  const CatalogType& type = types_.at(oid);
  if (type.kind == 'p' || excluded_.count(oid) > 0) return false;
  if (type.kind == 'b') return HasRandomScalars(type.catalog_name);
  if (type.kind == 'e') return !type.labels.empty();
  return (type.inner_oid == 0 || Covers(type.inner_oid)) &&
         std::all_of(type.field_oids.begin(), type.field_oids.end(),
                     [this](uint32_t field) { return Covers(field); });
}

std::string RandomLiterals::Make(uint32_t oid) {
  const CatalogType& type = types_.at(oid);
  switch (type.kind) {
    case 'a':
      return MakeArray(type);
    case 'c':
      return MakeComposite(type);
    case 'd':
      return MakeGood(type.inner_oid);
    case 'e':
      return MakeEnum(type);
    case 'm':
      return MakeMultirange(type);
    case 'r':
      return MakeRange(type);
    default:
      return RandomScalar(type.catalog_name, random_);
  }
}

std::string RandomLiterals::MakeGood(uint32_t oid) {
  const auto offered = offered_.find(oid);
  if (offered == offered_.end() || offered->second.empty()) return Make(oid);
  const std::vector<std::string>& literals = offered->second;
  return literals[static_cast<size_t>(
      RandomInt(random_, 0, static_cast<int64_t>(literals.size()) - 1))];
}

std::optional<std::string> RandomLiterals::MakePart(uint32_t oid) {
  if (RandomInt(random_, 1, 6) == 1) return std::nullopt;
  return MakeGood(oid);
}

std::string RandomLiterals::MakeArray(const CatalogType& type) {
  const int64_t dimension_count =
      RandomInt(random_, 1, 4) == 1 ? RandomInt(random_, 2, 6) : 1;
  std::vector<int64_t> lengths;
  std::string bounds;
  for (int64_t i = 0; i < dimension_count; ++i) {
    const int64_t length = RandomInt(random_, 1, dimension_count == 1 ? 8 : 2);
    const int64_t lower = RandomInt(random_, -5, 5);
    lengths.push_back(length);
    absl::StrAppend(&bounds, "[", lower, ":", lower + length - 1, "]");
  }
  if (RandomInt(random_, 1, 8) == 1) return "{}";
  std::string out = RandomInt(random_, 1, 3) == 1 ? bounds + "=" : "";
  AppendElements(type, lengths, 0, out);
  return out;
}

void RandomLiterals::AppendElements(const CatalogType& type,
                                    const std::vector<int64_t>& lengths,
                                    size_t dimension, std::string& out) {
  out += "{";
  for (int64_t i = 0; i < lengths[dimension]; ++i) {
    if (i > 0) out += type.delimiter;
    if (dimension + 1 < lengths.size()) {
      AppendElements(type, lengths, dimension + 1, out);
      continue;
    }
    const std::optional<std::string> element = MakePart(type.inner_oid);
    out += element.has_value() ? Quoted(*element) : "NULL";
  }
  out += "}";
}

std::string RandomLiterals::MakeComposite(const CatalogType& type) {
  std::string out = "(";
  for (size_t i = 0; i < type.field_oids.size(); ++i) {
    if (i > 0) out += ",";
    const std::optional<std::string> field = MakePart(type.field_oids[i]);
    if (field.has_value()) out += Quoted(*field);
  }
  return out + ")";
}

std::string RandomLiterals::MakeRange(const CatalogType& type) {
  if (RandomInt(random_, 1, 10) == 1) return "empty";
  const std::optional<std::string> lower = MakePart(type.inner_oid);
  const std::optional<std::string> upper = MakePart(type.inner_oid);
  return absl::StrCat(RandomInt(random_, 0, 1) ? "[" : "(",
                      lower.has_value() ? Quoted(*lower) : "", ",",
                      upper.has_value() ? Quoted(*upper) : "",
                      RandomInt(random_, 0, 1) ? "]" : ")");
}

std::string RandomLiterals::MakeMultirange(const CatalogType& type) {
  std::string out = "{";
  for (int64_t i = RandomInt(random_, 0, 3); i > 0; --i) {
    absl::StrAppend(&out, MakeGood(type.inner_oid), i > 1 ? "," : "");
  }
  return out + "}";
}

std::string RandomLiterals::MakeEnum(const CatalogType& type) {
  return type.labels[static_cast<size_t>(
      RandomInt(random_, 0, static_cast<int64_t>(type.labels.size()) - 1))];
}

}  // namespace sluice::testing
