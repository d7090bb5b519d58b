#include "server/config/yaml_reader.h"

#include <yaml-cpp/yaml.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "server/config/yaml_document.h"

namespace sluice::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

int LineOf(const YAML::Node& node) { return node.Mark().line + 1; }

// A scalar that YAML takes for text only because it is quoted is no number.
bool IsPlain(const YAML::Node& node) { return node.Tag() == "?"; }

bool IsDuration(const FieldDescriptor& field) {
  return field.message_type() != nullptr &&
         field.message_type()->full_name() == "google.protobuf.Duration";
}

bool ParseFinite(absl::string_view text, double* value) {
  return absl::SimpleAtod(text, value) && std::isfinite(*value);
}

bool ParseDuration(const std::string& text, Message& message) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) ||
      duration == absl::InfiniteDuration() ||
      duration == -absl::InfiniteDuration()) {
    return false;
  }
  auto& result = static_cast<google::protobuf::Duration&>(message);
  result.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  result.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
  return true;
}

// "STALE_REVOCATIONS_" of the enum whose value 0 is ..._UNSPECIFIED.
absl::string_view PrefixOf(const EnumDescriptor& type) {
  absl::string_view prefix = type.FindValueByNumber(0)->name();
  absl::ConsumeSuffix(&prefix, "UNSPECIFIED");
  return prefix;
}

// "serve" of STALE_REVOCATIONS_SERVE.
std::string WrittenName(const EnumValueDescriptor& value) {
  return absl::AsciiStrToLower(
      absl::StripPrefix(value.name(), PrefixOf(*value.type())));
}

// Null if there is none; value 0 has no name that can be written.
const EnumValueDescriptor* FindValue(const EnumDescriptor& type,
                                     absl::string_view text) {
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor& value = *type.value(i);
    if (value.number() != 0 && WrittenName(value) == text) return &value;
  }
  return nullptr;
}

std::string NamesOf(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) {
      names.push_back(WrittenName(*type.value(i)));
    }
  }
  return absl::StrJoin(names, ", ");
}

class YamlReader {
 public:
  explicit YamlReader(ConfigFaults& faults) : faults_(faults) {}

  void ReadMessage(const YAML::Node& node, const std::string& path,
                   Message& message) {
    ForEachEntry(node, path,
                 [&](const std::string& name, const std::string& field_path,
                     const YAML::Node& value) {
                   const FieldDescriptor* field =
                       message.GetDescriptor()->FindFieldByName(name);
                   if (field == nullptr) {
                     faults_.Add(field_path, "unknown field");
                   } else if (field->is_map()) {
                     ReadMap(value, field_path, *field, message);
                   } else if (field->is_repeated()) {
                     ReadList(value, field_path, *field, message);
                   } else {
                     ReadField(value, field_path, *field, message);
                   }
                 });
  }

 private:
  void Expect(const std::string& path, absl::string_view what) {
    faults_.Add(path, absl::StrCat("expected ", what));
  }

  // Calls `read` with name, path and value of each entry of a YAML map.
  template <typename Read>
  void ForEachEntry(const YAML::Node& node, const std::string& path,
                    const Read& read) {
    if (node.IsNull()) return;
    if (!node.IsMap()) return Expect(path, "fields with values");
    absl::flat_hash_set<std::string> seen;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        faults_.AddAtLine(LineOf(entry.first), "a name of a field is no text");
        continue;
      }
      const std::string& name = entry.first.Scalar();
      const std::string entry_path =
          path.empty() ? name : absl::StrCat(path, ".", name);
      if (!seen.insert(name).second) {
        faults_.AddAtLine(LineOf(entry.first),
                          absl::StrCat(entry_path, ": given twice"));
        continue;
      }
      faults_.NoteField(entry_path, LineOf(entry.first));
      read(name, entry_path, entry.second);
    }
  }

  // Of texts by names.
  void ReadMap(const YAML::Node& node, const std::string& path,
               const FieldDescriptor& field, Message& message) {
    ForEachEntry(node, path,
                 [&](const std::string& name, const std::string& entry_path,
                     const YAML::Node& value) {
                   if (!value.IsScalar())
                     return Expect(entry_path, "a single value");
                   Message& entry =
                       *message.GetReflection()->AddMessage(&message, &field);
                   const Descriptor& type = *field.message_type();
                   entry.GetReflection()->SetString(&entry, type.map_key(),
                                                    name);
                   entry.GetReflection()->SetString(&entry, type.map_value(),
                                                    value.Scalar());
                 });
  }

  void ReadList(const YAML::Node& node, const std::string& path,
                const FieldDescriptor& field, Message& message) {
    if (node.IsNull()) return;
    if (!node.IsSequence()) return Expect(path, "a list");
    const Reflection* reflection = message.GetReflection();
    int index = 0;
    for (const YAML::Node& item : node) {
      const std::string item_path = absl::StrCat(path, "[", index++, "]");
      faults_.NoteField(item_path, LineOf(item));
      if (field.message_type() != nullptr) {
        ReadMessage(item, item_path, *reflection->AddMessage(&message, &field));
      } else if (!item.IsScalar()) {
        Expect(item_path, field.enum_type() != nullptr ? "a name" : "text");
      } else if (field.enum_type() != nullptr) {
        const EnumValueDescriptor* value =
            ReadEnum(item, item_path, *field.enum_type());
        if (value != nullptr) reflection->AddEnum(&message, &field, value);
      } else {
        reflection->AddString(&message, &field, item.Scalar());
      }
    }
  }

  void ReadField(const YAML::Node& node, const std::string& path,
                 const FieldDescriptor& field, Message& message) {
    const Reflection* reflection = message.GetReflection();
    if (field.message_type() != nullptr && !IsDuration(field)) {
      return ReadMessage(node, path,
                         *reflection->MutableMessage(&message, &field));
    }
    if (node.IsNull()) return faults_.Add(path, "has no value");
    if (!node.IsScalar()) return Expect(path, "a single value");
    if (IsDuration(field)) {
      google::protobuf::Duration duration;
      if (!ParseDuration(node.Scalar(), duration)) {
        return Expect(path, "a duration such as 250ms, 30s or 10m");
      }
      reflection->MutableMessage(&message, &field)->CopyFrom(duration);
      return;
    }
    ReadScalar(node, path, field, message);
  }

  // Null, with a fault, for a name that is none of the type's.
  const EnumValueDescriptor* ReadEnum(const YAML::Node& node,
                                      const std::string& path,
                                      const EnumDescriptor& type) {
    const EnumValueDescriptor* value = FindValue(type, node.Scalar());
    if (value == nullptr) {
      Expect(path, absl::StrCat("one of ", NamesOf(type)));
    }
    return value;
  }

  // False, with a fault, unless it is a number of that type.
  template <typename Number, typename Parse>
  bool ReadNumber(const YAML::Node& node, const std::string& path,
                  absl::string_view what, const Parse& parse, Number& value) {
    if (IsPlain(node) && parse(node.Scalar(), &value)) return true;
    Expect(path, what);
    return false;
  }

  void ReadScalar(const YAML::Node& node, const std::string& path,
                  const FieldDescriptor& field, Message& message) {
    const Reflection* reflection = message.GetReflection();
    const std::string& text = node.Scalar();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection->SetString(&message, &field, text);
      case FieldDescriptor::CPPTYPE_BOOL:
        if (!IsPlain(node) || (text != "true" && text != "false")) {
          return Expect(path, "true or false");
        }
        return reflection->SetBool(&message, &field, text == "true");
      case FieldDescriptor::CPPTYPE_UINT32: {
        uint32_t value = 0;
        if (ReadNumber(node, path, "a whole number, 0 or more",
                       absl::SimpleAtoi<uint32_t>, value)) {
          reflection->SetUInt32(&message, &field, value);
        }
        return;
      }
      case FieldDescriptor::CPPTYPE_UINT64: {
        uint64_t value = 0;
        if (ReadNumber(node, path, "a whole number, 0 or more",
                       absl::SimpleAtoi<uint64_t>, value)) {
          reflection->SetUInt64(&message, &field, value);
        }
        return;
      }
      case FieldDescriptor::CPPTYPE_INT64: {
        int64_t value = 0;
        if (ReadNumber(node, path, "a whole number", absl::SimpleAtoi<int64_t>,
                       value)) {
          reflection->SetInt64(&message, &field, value);
        }
        return;
      }
      case FieldDescriptor::CPPTYPE_DOUBLE: {
        double value = 0;
        if (ReadNumber(node, path, "a number", ParseFinite, value)) {
          reflection->SetDouble(&message, &field, value);
        }
        return;
      }
      case FieldDescriptor::CPPTYPE_ENUM: {
        const EnumValueDescriptor* value =
            ReadEnum(node, path, *field.enum_type());
        if (value != nullptr) reflection->SetEnum(&message, &field, value);
        return;
      }
      default:
        return faults_.Add(path, "has a type that no file can give");
    }
  }

  ConfigFaults& faults_;
};

}  // namespace

void ReadYaml(const std::string& text, Message& message, ConfigFaults& faults) {
  const std::optional<YAML::Node> document = LoadYaml(text, faults);
  if (!document.has_value()) return;
  try {
    YamlReader(faults).ReadMessage(*document, "", message);
  } catch (const YAML::Exception& error) {
    AddYamlFault(error, faults);
  }
}

}  // namespace sluice::config
