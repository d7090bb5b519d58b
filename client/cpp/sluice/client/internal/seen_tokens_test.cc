// Tests which token stands for the writes of a client.

#include "sluice/client/internal/seen_tokens.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "sluice/client/call_options.h"

namespace sluice::client::internal {
namespace {

constexpr char kDatabase[] = "app";

// As the gateway makes them: version and cluster, then a position.
std::string Token(char cluster, const std::string& position) {
  return std::string(8, '\x01') + cluster + position;
}

class SeenTokensTest : public testing::Test {
 protected:
  std::string Level(const std::string& database = kDatabase) const {
    return tokens_.ConsistencyFor(database).ShortDebugString();
  }
  static std::string LevelOf(const std::string& token) {
    return AtLeast(token).ShortDebugString();
  }

  const std::string early_ = Token('a', "timeline 1, 0001");
  const std::string late_ = Token('a', "timeline 2, 0000");
  const std::string moved_ = Token('b', "timeline 1, 0000");
  SeenTokens tokens_;
};

TEST_F(SeenTokensTest, AskForNothingBeforeTheFirst) {
  EXPECT_EQ(Level(), "");
  tokens_.Note(kDatabase, "");
  EXPECT_EQ(Level(), "");
}

TEST_F(SeenTokensTest, KeepTheLatestInWhateverOrderTheyCome) {
  tokens_.Note(kDatabase, early_);
  EXPECT_EQ(Level(), LevelOf(early_));
  tokens_.Note(kDatabase, late_);
  EXPECT_EQ(Level(), LevelOf(late_));
  tokens_.Note(kDatabase, early_);
  EXPECT_EQ(Level(), LevelOf(late_));
  tokens_.Note(kDatabase, "");
  EXPECT_EQ(Level(), LevelOf(late_));
}

TEST_F(SeenTokensTest, FollowTheDatabaseToAnotherCluster) {
  tokens_.Note(kDatabase, late_);
  tokens_.Note(kDatabase, moved_);
  EXPECT_EQ(Level(), LevelOf(moved_));
  tokens_.Note(kDatabase, early_);
  EXPECT_EQ(Level(), LevelOf(early_));
  // Of another form.
  tokens_.Note(kDatabase, early_ + "x");
  tokens_.Note(kDatabase, early_);
  EXPECT_EQ(Level(), LevelOf(early_));
}

TEST_F(SeenTokensTest, AreOfOneDatabase) {
  tokens_.Note(kDatabase, late_);
  EXPECT_EQ(Level("another"), "");
}

TEST_F(SeenTokensTest, AskForAllAfterAWriteThatMayHaveTakenPlace) {
  const std::string strong = StrongConsistency().ShortDebugString();
  tokens_.NoteFailure(kDatabase, absl::DeadlineExceededError("by gRPC"));
  EXPECT_EQ(Level(), strong);
  EXPECT_EQ(Level("another"), "");
  tokens_.Note(kDatabase, "");
  EXPECT_EQ(Level(), strong);
  tokens_.Note(kDatabase, early_);
  EXPECT_EQ(Level(), LevelOf(early_));
  tokens_.NoteLost(kDatabase);
  EXPECT_EQ(Level(), strong);
  tokens_.Note(kDatabase, late_);
  EXPECT_EQ(Level(), LevelOf(late_));
}

}  // namespace
}  // namespace sluice::client::internal
