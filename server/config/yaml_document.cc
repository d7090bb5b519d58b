#include "server/config/yaml_document.h"

#include <yaml-cpp/eventhandler.h>

#include <sstream>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/base/utf8.h"

namespace sluice::config {
namespace {

// YAML 1.2.2, section 5.1, allows no others. yaml-cpp takes a zero byte at the
// start for UTF-16, of which it never finds an end, and 0x04 for the end.
bool IsRefusedControl(char c) {
  return absl::ascii_iscntrl(c) && c != '\t' && c != '\n' && c != '\r';
}

// Looks at the text before nodes are made of it. An alias stands for a whole
// tree, so a few lines of them could stand for more than any memory holds.
class AliasGuard : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++document_count_ == 1) return;
    throw YAML::ParserException(mark, "a second document");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Check(mark, anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    throw YAML::ParserException(mark, "aliases are refused");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/,
                YAML::anchor_t anchor, const std::string& /*value*/) override {
    Check(mark, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Check(mark, anchor);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Check(mark, anchor);
  }
  void OnMapEnd() override {}

 private:
  static void Check(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor == YAML::NullAnchor) return;
    throw YAML::ParserException(mark, "anchors are refused");
  }

  int document_count_ = 0;
};

void RefuseAliases(const std::string& text) {
  std::istringstream input(text);
  YAML::Parser parser(input);
  AliasGuard guard;
  while (parser.HandleNextDocument(guard)) {
  }
}

}  // namespace

void AddYamlFault(const YAML::Exception& error, ConfigFaults& faults) {
  faults.AddAtLine(error.mark.line + 1,
                   absl::StrCat("no valid YAML: ", error.msg));
}

std::optional<YAML::Node> LoadYaml(const std::string& text,
                                   ConfigFaults& faults) {
  if (!IsUtf8(text)) {
    faults.Add("", "no valid YAML: it is not UTF-8");
    return std::nullopt;
  }
  if (absl::c_any_of(text, IsRefusedControl)) {
    faults.Add("", "no valid YAML: it has a control character");
    return std::nullopt;
  }
  try {
    RefuseAliases(text);
    return YAML::Load(text);
  } catch (const YAML::Exception& error) {
    AddYamlFault(error, faults);
    return std::nullopt;
  }
}

}  // namespace sluice::config
