// Fuzzes the parser of SPIFFE IDs, against a second one that is written in
// another way.

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/identity/spiffe_id.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/require.h"

namespace sluice::fuzz {
namespace {

using identity::SpiffeId;

constexpr char kDomainBytes[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
constexpr char kPathBytes[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_/";

// SPIFFE-ID, sections 2.1 to 2.3, by searching for what must not be there.
bool IsSpiffeId(const std::string& text) {
  if (text.size() > 2048 || text.rfind("spiffe://", 0) != 0) return false;
  const size_t path = text.find('/', 9);
  if (path == text.npos) return false;
  const std::string domain = text.substr(9, path - 9);
  if (domain.empty() || domain.size() > 255 ||
      domain.find_first_not_of(kDomainBytes) != domain.npos ||
      text.find_first_not_of(kPathBytes, path) != text.npos) {
    return false;
  }
  const std::string closed = text.substr(path) + "/";
  return closed.find("//") == closed.npos &&
         closed.find("/./") == closed.npos &&
         closed.find("/../") == closed.npos;
}

void Parse(FuzzInput input) {
  const std::string text(input.TakeRest());
  const absl::StatusOr<SpiffeId> id = SpiffeId::Parse(text);
  Require(id.ok() == IsSpiffeId(text), "two parsers of one mind");
  if (!id.ok()) {
    return Require(absl::IsInvalidArgument(id.status()), "an error of its own");
  }
  Require(id->text() == text, "one spelling");
  Require(absl::StrCat("spiffe://", id->trust_domain(), id->path()) == text,
          "parts that make the whole");
  Require(identity::CheckTrustDomain(id->trust_domain()).ok(),
          "a trust domain");
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t byte_count) {
  sluice::fuzz::Parse(sluice::fuzz::FuzzInput(bytes, byte_count));
  return 0;
}
