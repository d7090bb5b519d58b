#include "server/config/yaml_reader.h"

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"

namespace sluice::config {
namespace {

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

class YamlReader {
 public:
  explicit YamlReader(ConfigFaults& faults) : faults_(faults) {}

  void ReadMessage(const YAML::Node& node, const std::string& path,
                   Message& message) {
    if (node.IsNull()) return;
    if (!node.IsMap()) return Expect(path, "fields with values");
    absl::flat_hash_set<std::string> seen;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        faults_.AddAtLine(LineOf(entry.first), "a name of a field is no text");
        continue;
      }
      const std::string& name = entry.first.Scalar();
      const std::string field_path =
          path.empty() ? name : absl::StrCat(path, ".", name);
      if (!seen.insert(name).second) {
        faults_.AddAtLine(LineOf(entry.first),
                          absl::StrCat(field_path, ": given twice"));
        continue;
      }
      faults_.NoteField(field_path, LineOf(entry.first));
      const FieldDescriptor* field =
          message.GetDescriptor()->FindFieldByName(name);
      if (field == nullptr) {
        faults_.Add(field_path, "unknown field");
      } else if (field->is_repeated()) {
        ReadList(entry.second, field_path, *field, message);
      } else {
        ReadField(entry.second, field_path, *field, message);
      }
    }
  }

 private:
  void Expect(const std::string& path, absl::string_view what) {
    faults_.Add(path, absl::StrCat("expected ", what));
  }

  void ReadList(const YAML::Node& node, const std::string& path,
                const FieldDescriptor& field, Message& message) {
    if (node.IsNull()) return;
    if (!node.IsSequence()) return Expect(path, "a list");
    const Reflection* reflection = message.GetReflection();
    for (size_t i = 0; i < node.size(); ++i) {
      const std::string item_path = absl::StrCat(path, "[", i, "]");
      faults_.NoteField(item_path, LineOf(node[i]));
      if (field.message_type() != nullptr) {
        ReadMessage(node[i], item_path,
                    *reflection->AddMessage(&message, &field));
      } else if (node[i].IsScalar()) {
        reflection->AddString(&message, &field, node[i].Scalar());
      } else {
        Expect(item_path, "text");
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
        if (!IsPlain(node) || !absl::SimpleAtoi(text, &value)) {
          return Expect(path, "a whole number, 0 or more");
        }
        return reflection->SetUInt32(&message, &field, value);
      }
      case FieldDescriptor::CPPTYPE_INT64: {
        int64_t value = 0;
        if (!IsPlain(node) || !absl::SimpleAtoi(text, &value)) {
          return Expect(path, "a whole number");
        }
        return reflection->SetInt64(&message, &field, value);
      }
      default:
        return faults_.Add(path, "has a type that no file can give");
    }
  }

  ConfigFaults& faults_;
};

}  // namespace

void ReadYaml(const std::string& text, Message& message, ConfigFaults& faults) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1) {
      return faults.AddAtLine(LineOf(documents[1]), "a second document");
    }
    if (documents.empty()) return;
    YamlReader(faults).ReadMessage(documents.front(), "", message);
  } catch (const YAML::Exception& error) {
    faults.AddAtLine(error.mark.line + 1,
                     absl::StrCat("no valid YAML: ", error.msg));
  }
}

}  // namespace sluice::config
