// Tests for how long it is remembered what a statement does.

#include "server/execution/read_verdicts.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::execution {
namespace {

using Parameters = google::protobuf::RepeatedPtrField<v1::Value>;

class ReadVerdictsTest : public ::testing::Test {
 protected:
  SteadyTime After(absl::Duration time) const {
    return start_ + absl::ToChronoNanoseconds(time);
  }

  static Parameters Typed(const std::string& type) {
    Parameters parameters;
    parameters.Add()->set_type(type);
    return parameters;
  }

  const SteadyTime start_ = SteadyNow();
  ReadVerdicts verdicts_;
};

TEST_F(ReadVerdictsTest, OneCallerFindsOutAndTheOthersTakeItForAWrite) {
  EXPECT_EQ(verdicts_.Find("a", start_), ReadVerdict::kUnknown);
  EXPECT_EQ(verdicts_.Find("a", start_), ReadVerdict::kMayWrite);
  EXPECT_EQ(verdicts_.Find("b", start_), ReadVerdict::kUnknown);
  verdicts_.Keep("a", ReadVerdict::kReads, After(absl::Minutes(1)));
  EXPECT_EQ(verdicts_.Find("a", start_), ReadVerdict::kReads);
}

TEST_F(ReadVerdictsTest, AnotherFindsOutWhereTheFirstHasNot) {
  EXPECT_EQ(verdicts_.Find("a", start_), ReadVerdict::kUnknown);
  EXPECT_EQ(verdicts_.Find("a", After(ReadVerdicts::kProofTime)),
            ReadVerdict::kUnknown);
  EXPECT_EQ(verdicts_.Find("a", After(ReadVerdicts::kProofTime)),
            ReadVerdict::kMayWrite);
}

TEST_F(ReadVerdictsTest, AnOldVerdictServesTheOthersWhileOneAsksAgain) {
  verdicts_.Keep("a", ReadVerdict::kReads, After(absl::Minutes(1)));
  EXPECT_EQ(verdicts_.Find("a", After(absl::Seconds(59))), ReadVerdict::kReads);
  EXPECT_EQ(verdicts_.Find("a", After(absl::Minutes(1))),
            ReadVerdict::kUnknown);
  EXPECT_EQ(verdicts_.Find("a", After(absl::Minutes(1))), ReadVerdict::kReads);
  verdicts_.Keep("a", ReadVerdict::kMayWrite, After(absl::Minutes(2)));
  EXPECT_EQ(verdicts_.Find("a", After(absl::Minutes(1))),
            ReadVerdict::kMayWrite);
}

TEST_F(ReadVerdictsTest, RolesTextsAndDeclaredTypesAreTold) {
  const Parameters none;
  const std::string key = ReadVerdicts::MakeKey("r", "SELECT f($1)", none);
  EXPECT_EQ(ReadVerdicts::MakeKey("r", "SELECT f($1)", Typed("")), key);
  for (const std::string& other :
       {ReadVerdicts::MakeKey("s", "SELECT f($1)", none),
        ReadVerdicts::MakeKey("r", "SELECT g($1)", none),
        ReadVerdicts::MakeKey("r", "SELECT f($1)", Typed("int4")),
        ReadVerdicts::MakeKey("r", "SELECT f($1)", Typed("int8"))}) {
    EXPECT_NE(other, key);
  }
}

TEST_F(ReadVerdictsTest, TheLeastRecentlyUsedAreForgotten) {
  const SteadyTime until = After(absl::Minutes(1));
  verdicts_.Keep("used", ReadVerdict::kReads, until);
  verdicts_.Keep("unused", ReadVerdict::kReads, until);
  for (int i = 0; i < 4094; ++i) {
    verdicts_.Keep(absl::StrCat(i), ReadVerdict::kReads, until);
  }
  EXPECT_EQ(verdicts_.Find("used", start_), ReadVerdict::kReads);
  verdicts_.Keep("one more", ReadVerdict::kReads, until);
  EXPECT_EQ(verdicts_.Find("used", start_), ReadVerdict::kReads);
  EXPECT_EQ(verdicts_.Find("unused", start_), ReadVerdict::kUnknown);
}

TEST_F(ReadVerdictsTest, LongTextsTakeTheRoomOfManyShortOnes) {
  const SteadyTime until = After(absl::Minutes(1));
  verdicts_.Keep("first", ReadVerdict::kReads, until);
  const std::string padding(16 * 1024, 'x');
  for (int i = 0; i < 300; ++i) {
    verdicts_.Keep(absl::StrCat(i, padding), ReadVerdict::kReads, until);
  }
  EXPECT_EQ(verdicts_.Find("first", start_), ReadVerdict::kUnknown);
}

}  // namespace
}  // namespace sluice::execution
