#include "client/cli/option_rules.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "client/cli/parameters.h"
#include "sluice/client/call_options.h"

namespace sluice::cli {
namespace {

absl::Status UsageError(absl::string_view message) {
  return absl::InvalidArgumentError(message);
}

absl::Status AddParameter(absl::StatusOr<v1::Value> value, Options& options) {
  if (!value.ok()) return value.status();
  options.parameters.push_back(*std::move(value));
  return absl::OkStatus();
}

absl::Status SetFormat(absl::string_view name, Options& options) {
  const absl::optional<Format> format = ParseFormat(name);
  if (!format.has_value()) {
    return UsageError("--format takes table, expanded, csv, json or jsonl");
  }
  options.display.format = *format;
  return absl::OkStatus();
}

absl::Status SetReadRouting(absl::string_view name, Options& options) {
  if (name == "primary") {
    options.read_routing = v1::READ_ROUTING_PRIMARY;
  } else if (name == "auto") {
    options.read_routing = v1::READ_ROUTING_AUTO;
  } else {
    return UsageError("--read-routing takes primary or auto");
  }
  return absl::OkStatus();
}

absl::Status SetFile(absl::string_view path, Options& options) {
  options.source = path == "-" ? SqlSource::kStandardInput : SqlSource::kFile;
  options.script_file = std::string(path);
  return absl::OkStatus();
}

absl::Status SetDuration(absl::string_view name, absl::string_view text,
                         absl::Duration& duration) {
  if (!absl::ParseDuration(text, &duration) ||
      duration <= absl::ZeroDuration()) {
    return UsageError(
        absl::StrCat(name, " takes a duration such as 30s or 1m30s"));
  }
  return absl::OkStatus();
}

absl::Status SetDuration(absl::string_view name, absl::string_view text,
                         std::optional<absl::Duration>& duration) {
  return SetDuration(name, text, duration.emplace());
}

absl::Status SetIsolation(absl::string_view name, Options& options) {
  v1::IsolationLevel& isolation = options.transaction.isolation;
  if (name == "read-committed") {
    isolation = v1::ISOLATION_LEVEL_READ_COMMITTED;
  } else if (name == "repeatable-read") {
    isolation = v1::ISOLATION_LEVEL_REPEATABLE_READ;
  } else if (name == "serializable") {
    isolation = v1::ISOLATION_LEVEL_SERIALIZABLE;
  } else {
    return UsageError(
        "--isolation takes read-committed, repeatable-read or serializable");
  }
  return absl::OkStatus();
}

absl::Status SetLimit(absl::string_view name, absl::string_view text,
                      int64_t& limit) {
  if (!absl::SimpleAtoi(text, &limit) || limit <= 0) {
    return UsageError(absl::StrCat(name, " takes a whole number from 1"));
  }
  return absl::OkStatus();
}

absl::Status Set(std::string& option, absl::string_view value) {
  option = std::string(value);
  return absl::OkStatus();
}

// Says whose tokens to revoke by one field of the request.
absl::Status SetTarget(std::string* (v1::RevokeTokensRequest::*field)(),
                       absl::string_view value, Options& options) {
  if (options.revocation.target_case() !=
      v1::RevokeTokensRequest::TARGET_NOT_SET) {
    return UsageError("more than one option that says what to revoke");
  }
  *(options.revocation.*field)() = std::string(value);
  return absl::OkStatus();
}

absl::Status SetApp(absl::string_view name, Options& options) {
  if (options.command != Command::kAdminActivity) {
    return SetTarget(&v1::RevokeTokensRequest::mutable_app, name, options);
  }
  return Set(*options.activity.mutable_app(), name);
}

// Each further one is one more in the list.
absl::Status AddAddress(absl::string_view value, Options& options) {
  std::string& list = options.connection.address;
  absl::StrAppend(&list, list.empty() ? "" : ",", value);
  return absl::OkStatus();
}

absl::Status SetConsistency(absl::string_view text, Options& options) {
  absl::Duration age;
  if (text == "strong") {
    options.consistency = client::StrongConsistency();
  } else if (text == "any") {
    options.consistency = client::AnyConsistency();
  } else if (absl::ParseDuration(text, &age) && age >= absl::ZeroDuration() &&
             age < absl::InfiniteDuration()) {
    options.consistency = client::MaxStaleness(age);
  } else {
    return UsageError(
        "--consistency takes strong, any, or the most age of what is read, "
        "such as 1s");
  }
  return absl::OkStatus();
}

constexpr OptionRule kRules[] = {
    {"--address", OptionArgument::kRequired, AddAddress},
    {"--app", OptionArgument::kRequired, SetApp},
    {"--ca", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return Set(options.connection.ca_file, value);
     }},
    {"--cert", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return Set(options.connection.certificate_file, value);
     }},
    {"--certificate", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetTarget(
           &v1::RevokeTokensRequest::mutable_certificate_thumbprint, value,
           options);
     }},
    {"--consistency", OptionArgument::kRequired, SetConsistency},
    {"--database", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return Set(options.database, value);
     }},
    {"--duration", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetDuration("--duration", value, options.hold_duration);
     }},
    {"--explain", OptionArgument::kNone,
     [](absl::string_view, Options& options) {
       options.explain = true;
       return absl::OkStatus();
     }},
    {"--file", OptionArgument::kRequired, SetFile},
    {"--format", OptionArgument::kRequired, SetFormat},
    {"--key", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return Set(options.connection.key_file, value);
     }},
    {"--key-id", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetTarget(&v1::RevokeTokensRequest::mutable_key_id, value,
                        options);
     }},
    {"--max-bytes", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetLimit("--max-bytes", value, options.max_bytes);
     }},
    {"--max-rows", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetLimit("--max-rows", value, options.max_rows);
     }},
    {"--max-value-bytes", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetLimit("--max-value-bytes", value, options.max_value_bytes);
     }},
    {"--null", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return Set(options.display.null_text, value);
     }},
    {"--null-param", OptionArgument::kNone,
     [](absl::string_view, Options& options) {
       return AddParameter(MakeNullParameter(), options);
     }},
    {"--param", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return AddParameter(MakeTextParameter(value), options);
     }},
    {"--raw", OptionArgument::kNone,
     [](absl::string_view, Options& options) {
       options.prints_raw = true;
       return absl::OkStatus();
     }},
    {"--read-routing", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetReadRouting(value, options);
     }},
    {"--reason", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return Set(*options.revocation.mutable_reason(), value);
     }},
    {"--reference", OptionArgument::kNone,
     [](absl::string_view, Options& options) {
       options.shows_reference = true;
       return absl::OkStatus();
     }},
    {"--request-id", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return Set(options.request_id, value);
     }},
    {"--scope", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       options.token.scopes.emplace_back(value);
       return absl::OkStatus();
     }},
    {"--server-name", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return Set(options.connection.server_name, value);
     }},
    {"--timeout", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetDuration("--timeout", value, options.timeout);
     }},
    {"--token-id", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetTarget(&v1::RevokeTokensRequest::mutable_token_id, value,
                        options);
     }},
    {"--truncate", OptionArgument::kNone,
     [](absl::string_view, Options& options) {
       options.on_limit = v1::LIMIT_ACTION_TRUNCATE;
       return absl::OkStatus();
     }},
    {"--ttl", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetDuration("--ttl", value, options.token.ttl);
     }},
    {"--watch", OptionArgument::kNone,
     [](absl::string_view, Options& options) {
       options.watches = true;
       return absl::OkStatus();
     }},
    {"--typed-param", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return AddParameter(MakeTypedParameter(value), options);
     }},
};

constexpr OptionRule kTransactionRules[] = {
    {"--deferrable", OptionArgument::kNone,
     [](absl::string_view, Options& options) {
       options.transaction.deferrable = true;
       return absl::OkStatus();
     }},
    {"--idle-timeout", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetDuration("--idle-timeout", value,
                          options.transaction.idle_timeout);
     }},
    {"--isolation", OptionArgument::kRequired, SetIsolation},
    {"--lock-timeout", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetDuration("--lock-timeout", value,
                          options.transaction.lock_timeout);
     }},
    {"--read-only", OptionArgument::kNone,
     [](absl::string_view, Options& options) {
       options.transaction.access = v1::TRANSACTION_ACCESS_READ_ONLY;
       return absl::OkStatus();
     }},
    {"--statement-timeout", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetDuration("--statement-timeout", value,
                          options.transaction.statement_timeout);
     }},
    {"--timeout", OptionArgument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetDuration("--timeout", value,
                          options.transaction.total_timeout);
     }},
};

}  // namespace

const OptionRule* FindOptionRule(absl::string_view name) {
  if (name == "-d") name = "--database";
  if (name == "-f") name = "--file";
  for (const OptionRule& rule : kRules) {
    if (rule.name == name) return &rule;
  }
  return nullptr;
}

const OptionRule* FindTransactionRule(absl::string_view name) {
  for (const OptionRule& rule : kTransactionRules) {
    if (rule.name == name) return &rule;
  }
  return nullptr;
}

}  // namespace sluice::cli
