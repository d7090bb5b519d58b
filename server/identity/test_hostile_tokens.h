// The table of tokens that somebody would like to be taken for valid.

#ifndef SLUICE_SERVER_IDENTITY_TEST_HOSTILE_TOKENS_H_
#define SLUICE_SERVER_IDENTITY_TEST_HOSTILE_TOKENS_H_

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "server/identity/test_token_forge.h"

namespace sluice::identity {

struct ForgedToken {
  // In CamelCase.
  std::string name;
  // TokenForge::Valid is its valid twin.
  std::function<std::string(const TokenForge&)> make;
};

inline void PrintTo(const ForgedToken& token, std::ostream* output) {
  *output << token.name;
}

// Their names differ.
std::vector<ForgedToken> HostileTokens();
// Those of them whose claims are in order.
std::vector<ForgedToken> HostileForms();

// What stands just within the limits that tokens of the table are beyond.
std::vector<ForgedToken> BorderlineTokens();

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_TEST_HOSTILE_TOKENS_H_
