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
  // A write that starts now and has its reply at once.
  void Write(const std::string& token) {
    tokens_.Note(tokens_.Start(kDatabase), Reply(token));
  }
  static WriteReply Reply(const std::string& token) {
    return {.token = token, .may_have_written = true};
  }
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
  tokens_.Note(tokens_.Start(kDatabase), {});
  EXPECT_EQ(Level(), "");
}

TEST_F(SeenTokensTest, KeepTheLatestInWhateverOrderTheyCome) {
  Write(early_);
  EXPECT_EQ(Level(), LevelOf(early_));
  Write(late_);
  EXPECT_EQ(Level(), LevelOf(late_));
  Write(early_);
  EXPECT_EQ(Level(), LevelOf(late_));
  tokens_.Note(tokens_.Start(kDatabase), {});
  EXPECT_EQ(Level(), LevelOf(late_));
}

TEST_F(SeenTokensTest, FollowTheDatabaseToAnotherCluster) {
  Write(late_);
  Write(moved_);
  EXPECT_EQ(Level(), LevelOf(moved_));
  Write(early_);
  EXPECT_EQ(Level(), LevelOf(early_));
  // Of another form.
  Write(early_ + "x");
  Write(early_);
  EXPECT_EQ(Level(), LevelOf(early_));
}

TEST_F(SeenTokensTest, AreOfOneDatabase) {
  Write(late_);
  EXPECT_EQ(Level("another"), "");
}

TEST_F(SeenTokensTest, AskForAllAfterAWriteThatMayHaveTakenPlace) {
  const std::string strong = StrongConsistency().ShortDebugString();
  tokens_.NoteFailure(kDatabase, absl::DeadlineExceededError("by gRPC"));
  EXPECT_EQ(Level(), strong);
  EXPECT_EQ(Level("another"), "");
  tokens_.Note(tokens_.Start(kDatabase), {});
  EXPECT_EQ(Level(), strong);
  Write(early_);
  EXPECT_EQ(Level(), LevelOf(early_));
  tokens_.NoteLost(kDatabase);
  EXPECT_EQ(Level(), strong);
  Write(late_);
  EXPECT_EQ(Level(), LevelOf(late_));
}

TEST_F(SeenTokensTest, AskForAllAfterAWriteWithoutAToken) {
  Write(early_);
  Write("");
  EXPECT_EQ(Level(), StrongConsistency().ShortDebugString());
  EXPECT_EQ(Level("another"), "");
  Write(late_);
  EXPECT_EQ(Level(), LevelOf(late_));
}

TEST_F(SeenTokensTest, AskForAllUntilTheTokenOfAWriteThatStartedBehindTheLoss) {
  const std::string strong = StrongConsistency().ShortDebugString();
  const SeenTokens::Write before = tokens_.Start(kDatabase);
  tokens_.NoteLost(kDatabase);
  const SeenTokens::Write between = tokens_.Start(kDatabase);
  tokens_.NoteLost(kDatabase);
  tokens_.Note(before, Reply(early_));
  EXPECT_EQ(Level(), strong);
  tokens_.Note(between, Reply(late_));
  EXPECT_EQ(Level(), strong);
  Write(late_);
  EXPECT_EQ(Level(), LevelOf(late_));
}

TEST_F(SeenTokensTest, KnowWhatMayHaveWritten) {
  v1::ExecutionSummary summary;
  for (const char* tag : {"CALL", "DO"}) {
    summary.set_command_tag(tag);
    EXPECT_TRUE(WriteReplyOf(summary).may_have_written) << tag;
  }
  for (const char* tag : {"", "SELECT 1", "INSERT 0 0", "VACUUM"}) {
    summary.set_command_tag(tag);
    EXPECT_FALSE(WriteReplyOf(summary).may_have_written) << tag;
  }
  summary.set_command_tag("INSERT 0 1");
  summary.set_outcome_reference("reference");
  EXPECT_TRUE(WriteReplyOf(summary).may_have_written);
}

}  // namespace
}  // namespace sluice::client::internal
