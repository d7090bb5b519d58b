#include "server/control/revocation_union.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "server/identity/token.h"

namespace sluice::control {
namespace {

bool Revokes(const identity::Revocations& revocations, const std::string& id) {
  identity::TokenClaims claims;
  claims.token_id = id;
  return revocations.Revokes(claims);
}

identity::Revocations Token(std::string id) {
  identity::Revocations revocations;
  revocations.AddToken(std::move(id));
  return revocations;
}

TEST(RevocationUnionTest, EachSourceReplacesItsOwnAlone) {
  std::shared_ptr<const identity::Revocations> last;
  RevocationUnion both([&last](auto all) { last = std::move(all); });
  both.SetControlled(Token("one"));
  both.SetDenyList(Token("two"));
  EXPECT_TRUE(Revokes(*last, "one"));
  EXPECT_TRUE(Revokes(*last, "two"));
  both.SetControlled(Token("three"));
  EXPECT_FALSE(Revokes(*last, "one"));
  EXPECT_TRUE(Revokes(*last, "two"));
  EXPECT_TRUE(Revokes(*last, "three"));
  both.SetDenyList({});
  EXPECT_FALSE(Revokes(*last, "two"));
  EXPECT_TRUE(Revokes(*last, "three"));
}

}  // namespace
}  // namespace sluice::control
