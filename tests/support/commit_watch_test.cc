// Tests of CommitWatch, by messages made here.

#include "tests/support/commit_watch.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/wire_messages.h"

namespace sluice::testing {
namespace {

class CommitWatchTest : public ::testing::Test {
 protected:
  CommitWatchTest() {
    watch_.Sent(Startup());
    watch_.Delivered(LoggedIn());
  }

  CommitWatch watch_;
};

TEST_F(CommitWatchTest, WaitsFromAQueryToItsCompletion) {
  watch_.Sent(Query("COMMIT"));
  EXPECT_TRUE(watch_.waiting());
  EXPECT_EQ(watch_.commit_count(), 1);
  watch_.Delivered(Complete("COMMIT"));
  EXPECT_FALSE(watch_.waiting());
}

TEST_F(CommitWatchTest, KnowsAPreparedCommitByItsName) {
  watch_.Sent(Parse("s1", "commit") + Parse("s2", "SELECT 1") + Sync());
  watch_.Delivered(Message('1') + Message('1') + Ready());
  EXPECT_FALSE(watch_.waiting());
  watch_.Sent(BindAndExecute("s2") + Sync());
  EXPECT_FALSE(watch_.waiting());
  watch_.Sent(BindAndExecute("s1") + Sync());
  EXPECT_TRUE(watch_.waiting());
  watch_.Delivered(Complete("SELECT 1") + Ready());
  EXPECT_TRUE(watch_.waiting());
  watch_.Delivered(Complete("COMMIT") + Ready());
  EXPECT_FALSE(watch_.waiting());
}

TEST_F(CommitWatchTest, TellsCommitsFromWordsThatBeginAlike) {
  watch_.Sent(Query("COMMITTED") + Query("ENDING") + Query("BEGIN"));
  EXPECT_EQ(watch_.commit_count(), 0);
  watch_.Sent(Query("END;") + Query(" commit and chain"));
  EXPECT_EQ(watch_.commit_count(), 2);
}

TEST_F(CommitWatchTest, WaitsForTheLastOfSeveralCompletionsInAUnit) {
  watch_.Sent(Parse("", "INSERT") + BindAndExecute("") + Parse("", "COMMIT") +
              BindAndExecute("") + Sync());
  watch_.Delivered(Complete("INSERT 0 1"));
  EXPECT_TRUE(watch_.waiting());
  watch_.Delivered(Complete("ROLLBACK"));
  EXPECT_FALSE(watch_.waiting());
}

TEST_F(CommitWatchTest, TakesAnErrorForTheReply) {
  watch_.Sent(Query("INSERT") + Query("COMMIT"));
  watch_.Delivered(Failure() + Ready());
  EXPECT_TRUE(watch_.waiting());
  watch_.Delivered(Failure() + Ready());
  EXPECT_FALSE(watch_.waiting());
}

TEST_F(CommitWatchTest, TakesTheEndOfTheConnectionForNone) {
  watch_.Sent(Query("COMMIT"));
  watch_.Delivered(Failure("FATAL"));
  EXPECT_TRUE(watch_.waiting());
}

TEST_F(CommitWatchTest, FollowsBytesHoweverTheyAreSplit) {
  const std::string sent = Parse("s", "INSERT" + std::string(5000, 'x')) +
                           Parse("c", "COMMIT") + BindAndExecute("s") + Sync() +
                           BindAndExecute("c") + Sync();
  const std::string replies =
      Complete("INSERT 0 1") + Ready() + Complete("COMMIT") + Ready();
  size_t fed = 0;
  while (!watch_.waiting() && fed < sent.size()) {
    watch_.Sent(absl::string_view(sent).substr(fed++, 1));
  }
  // The Sync behind it does not matter.
  ASSERT_EQ(fed, sent.size() - Sync().size());
  size_t delivered = 0;
  while (watch_.waiting() && delivered < replies.size()) {
    watch_.Delivered(absl::string_view(replies).substr(delivered++, 1));
  }
  EXPECT_EQ(delivered, replies.size() - Ready().size());
}

}  // namespace
}  // namespace sluice::testing
