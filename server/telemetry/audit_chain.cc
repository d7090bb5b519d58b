#include "server/telemetry/audit_chain.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "server/base/utf8.h"
#include "server/telemetry/json_line.h"

namespace sluice::telemetry {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxTextBytes = 4096;
constexpr absl::string_view kBeforeChain = ",\"chain\":\"";
constexpr absl::string_view kAfterChain = "\"}";

void AddField(const LogField& field, JsonLine& line) {
  const auto* text = absl::get_if<absl::string_view>(&field.value.value());
  if (text == nullptr || text->size() <= kMaxTextBytes) {
    line.Add(field.name, field.value);
    return;
  }
  const std::string cut =
      absl::StrCat(TruncateUtf8(*text, kMaxTextBytes), "\xe2\x80\xa6");
  line.Add(field.name, cut);
}

bool IsLowerHex(absl::string_view text) {
  return absl::c_all_of(text, [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
           (c >= 'a' && c <= 'f');
  });
}

Json ParseObject(absl::string_view object) {
  return Json::parse(object.begin(), object.end(), /*cb=*/nullptr,
                     /*allow_exceptions=*/false);
}

bool HasText(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string();
}

}  // namespace

std::string ChainOf(const DigestFunction& digest,
                    absl::string_view previous_chain,
                    absl::string_view object) {
  return absl::BytesToHexString(digest(absl::StrCat(previous_chain, object)));
}

absl::string_view AuditChain::MakeLine(absl::Time time, absl::string_view event,
                                       AuditFields fields) {
  next_.seq = end_.seq + 1;
  buffer_ = end_.chain;
  JsonLine line(buffer_);
  line.Add("seq", next_.seq);
  line.Add("time", FormatTime(time));
  line.Add("instance", instance_);
  line.Add("event", event);
  for (const LogField& field : fields) AddField(field, line);
  line.Close();
  next_.chain = absl::BytesToHexString(digest_(buffer_));
  buffer_.pop_back();
  absl::StrAppend(&buffer_, kBeforeChain, next_.chain, kAfterChain, "\n");
  return absl::string_view(buffer_).substr(kChainDigits);
}

absl::string_view AuditChain::FormatTime(absl::Time time) {
  const int64_t second = absl::ToUnixSeconds(time);
  if (second != time_second_) {
    time_ = absl::FormatTime("%Y-%m-%dT%H:%M:%S.000000Z", time,
                             absl::UTCTimeZone());
    time_second_ = second;
  }
  int64_t fraction = absl::ToUnixMicros(time) - second * 1000000;
  for (size_t at = time_.size() - 2; time_[at] != '.'; --at) {
    time_[at] = static_cast<char>('0' + fraction % 10);
    fraction /= 10;
  }
  return time_;
}

std::string AuditRecord::Text(absl::string_view name) const {
  const Json json = ParseObject(object);
  const auto found = json.find(std::string(name));
  return found != json.end() && found->is_string() ? found->get<std::string>()
                                                   : std::string();
}

uint64_t AuditRecord::Number(absl::string_view name) const {
  const Json json = ParseObject(object);
  const auto found = json.find(std::string(name));
  return found != json.end() && found->is_number_unsigned()
             ? found->get<uint64_t>()
             : 0;
}

absl::optional<AuditRecord> ParseAuditRecord(absl::string_view line) {
  const size_t tail_bytes =
      kBeforeChain.size() + kChainDigits + kAfterChain.size();
  if (line.size() <= tail_bytes || !absl::EndsWith(line, kAfterChain)) {
    return absl::nullopt;
  }
  const absl::string_view tail = line.substr(line.size() - tail_bytes);
  AuditRecord record;
  record.chain = std::string(tail.substr(kBeforeChain.size(), kChainDigits));
  if (!absl::StartsWith(tail, kBeforeChain) || !IsLowerHex(record.chain)) {
    return absl::nullopt;
  }
  record.object = absl::StrCat(line.substr(0, line.size() - tail_bytes), "}");
  const Json json = ParseObject(record.object);
  if (!json.is_object() || !json.contains("seq") ||
      !json["seq"].is_number_unsigned() || !HasText(json, "time") ||
      !HasText(json, "event")) {
    return absl::nullopt;
  }
  record.seq = json["seq"].get<uint64_t>();
  record.time = json["time"].get<std::string>();
  record.event = json["event"].get<std::string>();
  return record;
}

}  // namespace sluice::telemetry
