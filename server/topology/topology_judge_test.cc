#include "server/topology/topology_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace sluice::topology {
namespace {

using ::testing::HasSubstr;
using Outcome = ProbeResult::Outcome;

constexpr uint64_t kOurs = 7000000000000000001;
constexpr uint64_t kAnother = 7000000000000000002;

class TopologyJudgeTest : public ::testing::Test {
 protected:
  TopologyJudgeTest() { Judge({}, {"a", "b", "c"}); }

  // Begins anew.
  void Judge(const JudgeSettings& settings,
             const std::vector<std::string>& names) {
    judge_ = std::make_unique<TopologyJudge>(settings);
    SetNodes(names);
  }
  void SetNodes(const std::vector<std::string>& names) {
    std::vector<NodeAddress> nodes;
    for (const std::string& name : names) nodes.push_back({name, name, 5432});
    judge_->SetNodes(nodes);
  }

  static NodeAnswer Primary(uint32_t timeline = 1, uint64_t lsn = 100) {
    NodeAnswer answer;
    answer.role = NodeRole::kPrimary;
    answer.system_identifier = kOurs;
    answer.timeline = timeline;
    answer.lsn = lsn;
    answer.streaming_standbys = 2;
    return answer;
  }
  static NodeAnswer Replica(uint32_t timeline = 1, uint64_t lsn = 100) {
    NodeAnswer answer = Primary(timeline, lsn);
    answer.role = NodeRole::kReplica;
    answer.streaming_standbys = 0;
    return answer;
  }
  static NodeAnswer Foreign(NodeAnswer answer) {
    answer.system_identifier = kAnother;
    return answer;
  }

  // A millisecond later the node answers; a millisecond after it was asked.
  void Answer(const std::string& name, const NodeAnswer& answer) {
    ProbeResult result;
    result.outcome = Outcome::kAnswered;
    result.answer = answer;
    Note(name, result);
  }
  void Fail(const std::string& name, Outcome outcome,
            const std::string& fault = "why") {
    ProbeResult result;
    result.outcome = outcome;
    result.fault = fault;
    Note(name, result);
  }
  void Miss(const std::string& name, int times) {
    for (int i = 0; i < times; ++i) Fail(name, Outcome::kMissed);
  }
  void Pass(absl::Duration time) { now_ += absl::ToChronoNanoseconds(time); }

  // `a` is the primary of `b` and `c`.
  void Begin() {
    Answer("a", Primary());
    Answer("b", Replica());
    Answer("c", Replica());
  }

  Topology Now() const { return judge_->Judge(now_); }
  std::string PrimaryName() const {
    const Topology topology = Now();
    return topology.primary() == nullptr ? ""
                                         : topology.primary()->address.name;
  }
  NodeState StateOf(const std::string& name) const {
    return Now().Find(name)->state;
  }
  absl::Duration LagTimeOf(const std::string& name) const {
    return Now().Find(name)->lag.value().time;
  }
  int64_t LagBytesOf(const std::string& name) const {
    return Now().Find(name)->lag.value().bytes;
  }

  SteadyTime now_ = SteadyTime() + std::chrono::hours(1);
  std::unique_ptr<TopologyJudge> judge_;

 private:
  void Note(const std::string& name, ProbeResult& result) {
    Pass(absl::Milliseconds(1));
    result.asked_at = now_;
    Pass(absl::Milliseconds(1));
    result.ended_at = now_;
    judge_->Note(name, result);
  }
};

TEST_F(TopologyJudgeTest, TheNodeThatIsNotInRecoveryIsThePrimary) {
  EXPECT_EQ(Now().epoch, 0U);
  EXPECT_FALSE(Now().fault.empty());
  Begin();
  EXPECT_EQ(PrimaryName(), "a");
  const Topology topology = Now();
  EXPECT_EQ(topology.epoch, 1U);
  EXPECT_EQ(topology.timeline, 1U);
  EXPECT_EQ(topology.system_identifier, kOurs);
  EXPECT_EQ(topology.fault, "");
  EXPECT_EQ(topology.Find("b")->role, NodeRole::kReplica);
  EXPECT_EQ(topology.Find("b")->state, NodeState::kUp);
  EXPECT_EQ(topology.Find("d"), nullptr);
}

TEST_F(TopologyJudgeTest, NobodyIsThePrimaryBeforeAllHaveBeenAsked) {
  Answer("a", Primary());
  Answer("b", Replica());
  EXPECT_EQ(PrimaryName(), "");
  EXPECT_THAT(Now().fault, HasSubstr("asked"));
  // Asked is enough.
  Miss("c", 1);
  EXPECT_EQ(PrimaryName(), "a");
}

TEST_F(TopologyJudgeTest, ANodeThatComesLaterHoldsNobodyUp) {
  Begin();
  SetNodes({"a", "b", "c", "d"});
  EXPECT_EQ(PrimaryName(), "a");
  EXPECT_EQ(StateOf("d"), NodeState::kUnknown);
}

TEST_F(TopologyJudgeTest,
       AnOldPrimaryIsNotTakenAtTheStartWhileTheNewOneIsNear) {
  Answer("a", Primary(1));
  Answer("b", Primary(2));
  EXPECT_EQ(PrimaryName(), "");
  Answer("c", Replica(2));
  EXPECT_EQ(PrimaryName(), "b");
  EXPECT_EQ(Now().epoch, 1U);
}

TEST_F(TopologyJudgeTest, APromotedReplicaBeginsAnEpoch) {
  Begin();
  Answer("b", Primary(2));
  EXPECT_EQ(PrimaryName(), "b");
  EXPECT_EQ(Now().epoch, 2U);
  EXPECT_EQ(Now().timeline, 2U);
}

TEST_F(TopologyJudgeTest, AnOldPrimaryThatWakesIsRefused) {
  Begin();
  Miss("a", 3);
  Answer("b", Primary(2));
  Answer("a", Primary(1));
  EXPECT_EQ(PrimaryName(), "b");
  // Nor when the new one is gone.
  Fail("b", Outcome::kRefused);
  Answer("a", Primary(1));
  EXPECT_EQ(PrimaryName(), "");
  EXPECT_THAT(Now().fault, HasSubstr("b is down"));
  SetNodes({"a", "c"});
  EXPECT_EQ(PrimaryName(), "");
  EXPECT_THAT(Now().fault, HasSubstr("timeline 2 has begun"));
}

TEST_F(TopologyJudgeTest, AReplicasTimelineRefusesThePrimaryThatIsBehindIt) {
  Begin();
  Answer("c", Replica(2));
  EXPECT_EQ(PrimaryName(), "");
  EXPECT_EQ(Now().timeline, 2U);
}

TEST_F(TopologyJudgeTest, TwoPrimariesOnTheHighestTimelineAreNone) {
  Begin();
  Answer("b", Primary(2));
  Answer("c", Primary(2));
  EXPECT_EQ(PrimaryName(), "");
  EXPECT_THAT(Now().fault, HasSubstr("b and c"));
  // Silence settles nothing.
  Fail("c", Outcome::kRefused);
  EXPECT_EQ(PrimaryName(), "");
  // A word of its own does, and so does a higher timeline.
  Answer("c", Replica(2));
  EXPECT_EQ(PrimaryName(), "b");
  Answer("c", Primary(2));
  EXPECT_EQ(PrimaryName(), "");
  Answer("c", Primary(3));
  EXPECT_EQ(PrimaryName(), "c");
}

TEST_F(TopologyJudgeTest, RemovingOneOfTwoPrimariesSettlesIt) {
  Begin();
  Answer("b", Primary(2));
  Answer("c", Primary(2));
  SetNodes({"a", "b"});
  EXPECT_EQ(PrimaryName(), "b");
}

TEST_F(TopologyJudgeTest, ThePrimaryThatComesBackOnItsTimelineIsTheSame) {
  Begin();
  Fail("a", Outcome::kRefused);
  EXPECT_EQ(PrimaryName(), "");
  Answer("a", Primary());
  EXPECT_EQ(PrimaryName(), "a");
  EXPECT_EQ(Now().epoch, 1U);
}

TEST_F(TopologyJudgeTest, ThePrimaryThatBecomesAReplicaIsNone) {
  Begin();
  Answer("a", Replica());
  EXPECT_EQ(PrimaryName(), "");
  EXPECT_THAT(Now().fault, HasSubstr("no node"));
}

TEST_F(TopologyJudgeTest, MissedAnswersMakeANodeDownOnlyAllInARow) {
  Begin();
  Miss("a", 2);
  EXPECT_EQ(StateOf("a"), NodeState::kUp);
  EXPECT_EQ(PrimaryName(), "a");
  EXPECT_EQ(Now().Find("a")->fault, "");
  Answer("a", Primary());
  Miss("a", 2);
  EXPECT_EQ(PrimaryName(), "a");
  Miss("a", 1);
  EXPECT_EQ(StateOf("a"), NodeState::kDown);
  EXPECT_EQ(PrimaryName(), "");
  EXPECT_EQ(Now().Find("a")->fault, "why");
  // What it said last is kept.
  EXPECT_EQ(Now().Find("a")->role, NodeRole::kPrimary);
}

TEST_F(TopologyJudgeTest, ARefusalMakesANodeDownAtOnce) {
  Begin();
  Fail("a", Outcome::kRefused);
  EXPECT_EQ(StateOf("a"), NodeState::kDown);
  EXPECT_EQ(PrimaryName(), "");
}

TEST_F(TopologyJudgeTest, APoolerThatIsDownIsNoDeadNode) {
  Begin();
  for (const char* name : {"a", "b", "c", "a", "b", "c", "a", "a"}) {
    Fail(name, Outcome::kPoolerDown);
  }
  EXPECT_EQ(StateOf("a"), NodeState::kUnreachable);
  EXPECT_EQ(Now().epoch, 1U);
  EXPECT_EQ(Now().Find("b")->role, NodeRole::kReplica);
}

TEST_F(TopologyJudgeTest, WhileThePoolerIsDownNobodyIsThePrimary) {
  Begin();
  const SteadyTime known_at = Now().known_at;
  Fail("b", Outcome::kPoolerDown);
  EXPECT_EQ(PrimaryName(), "");
  EXPECT_EQ(Now().fault, "the pooler does not answer");
  for (const char* name : {"a", "b", "c"}) Fail(name, Outcome::kPoolerDown);
  EXPECT_EQ(PrimaryName(), "");
  // Of no node has anything been heard.
  EXPECT_EQ(Now().known_at, known_at);
}

TEST_F(TopologyJudgeTest, AfterThePoolerWasDownAllAreAskedAgain) {
  Begin();
  for (const char* name : {"a", "b", "c"}) Fail(name, Outcome::kPoolerDown);
  Answer("a", Primary());
  EXPECT_EQ(PrimaryName(), "");
  EXPECT_THAT(Now().fault, HasSubstr("asked"));
  Answer("b", Replica());
  EXPECT_EQ(PrimaryName(), "");
  Miss("c", 1);
  EXPECT_EQ(PrimaryName(), "a");
  EXPECT_EQ(Now().epoch, 1U);
}

TEST_F(TopologyJudgeTest, WhatWasAskedWhileThePoolerWasDownIsNotAsked) {
  Begin();
  for (const char* name : {"a", "b", "c"}) Fail(name, Outcome::kPoolerDown);
  ProbeResult early;
  early.outcome = Outcome::kMissed;
  early.asked_at = now_;
  Pass(absl::Milliseconds(500));
  // The first one tells that the pooler is back.
  for (const char* name : {"c", "b"}) {
    early.ended_at = now_;
    judge_->Note(name, early);
    Answer("a", Primary());
    EXPECT_EQ(PrimaryName(), "");
  }
  Miss("b", 1);
  EXPECT_EQ(PrimaryName(), "");
  Answer("c", Primary(2));
  EXPECT_EQ(PrimaryName(), "c");
}

TEST_F(TopologyJudgeTest, AnAnswerCountsWheneverItWasAskedFor) {
  Begin();
  for (const char* name : {"a", "b", "c"}) Fail(name, Outcome::kPoolerDown);
  ProbeResult late;
  late.outcome = Outcome::kAnswered;
  late.asked_at = now_;
  Answer("b", Replica());
  Answer("c", Replica());
  late.answer = Primary();
  late.ended_at = now_;
  judge_->Note("a", late);
  EXPECT_EQ(PrimaryName(), "a");
  EXPECT_EQ(Now().known_at, late.asked_at);
}

TEST_F(TopologyJudgeTest, APoolerThatGoesDownRaisesNoDeadPrimary) {
  Begin();
  Miss("a", 3);
  Fail("a", Outcome::kPoolerDown);
  EXPECT_EQ(PrimaryName(), "");
}

TEST_F(TopologyJudgeTest, AnEntryThatIsMissingIsNoDeadNode) {
  Begin();
  for (int i = 0; i < 5; ++i) Fail("a", Outcome::kNotAsked);
  EXPECT_EQ(StateOf("a"), NodeState::kUnreachable);
  EXPECT_EQ(PrimaryName(), "a");
  Answer("b", Primary(2));
  EXPECT_EQ(PrimaryName(), "b");
}

TEST_F(TopologyJudgeTest, APrimaryThatCannotBeAskedIsNotTakenAnew) {
  Begin();
  Answer("b", Primary(2));
  Answer("c", Primary(2));
  Fail("c", Outcome::kNotAsked);
  Answer("b", Replica(2));
  EXPECT_EQ(PrimaryName(), "");
  EXPECT_THAT(Now().fault, HasSubstr("c cannot be asked"));
  Answer("c", Primary(2));
  EXPECT_EQ(PrimaryName(), "c");
}

TEST_F(TopologyJudgeTest, ANodeOfAnotherClusterIsForeign) {
  Begin();
  SetNodes({"a", "b", "c", "d"});
  Answer("d", Foreign(Primary(9)));
  EXPECT_EQ(StateOf("d"), NodeState::kForeign);
  EXPECT_THAT(Now().Find("d")->fault, HasSubstr("7000000000000000002"));
  EXPECT_EQ(PrimaryName(), "a");
  EXPECT_EQ(Now().timeline, 1U);
  // Also once it is silent.
  Miss("d", 1);
  EXPECT_EQ(StateOf("d"), NodeState::kForeign);
}

TEST_F(TopologyJudgeTest, TheConfiguredIdentifierDecides) {
  JudgeSettings settings;
  settings.system_identifier = kAnother;
  Judge(settings, {"a", "b"});
  Answer("a", Primary());
  EXPECT_EQ(StateOf("a"), NodeState::kForeign);
  Answer("b", Foreign(Primary()));
  EXPECT_EQ(PrimaryName(), "b");
}

TEST_F(TopologyJudgeTest, PrimariesOfTwoClustersAtTheStartAreNone) {
  Answer("a", Primary());
  Answer("b", Foreign(Primary()));
  Answer("c", Replica());
  EXPECT_EQ(PrimaryName(), "");
  EXPECT_THAT(Now().fault, HasSubstr("system_identifier"));
  EXPECT_EQ(Now().system_identifier, 0U);
  SetNodes({"a", "c"});
  EXPECT_EQ(PrimaryName(), "a");
}

TEST_F(TopologyJudgeTest,
       ReplicasOfTwoClustersAreUsedOnceItIsClearWhichIsMeant) {
  Answer("b", Replica());
  EXPECT_EQ(StateOf("b"), NodeState::kUp);
  Answer("c", Foreign(Replica()));
  EXPECT_EQ(StateOf("b"), NodeState::kForeign);
  EXPECT_EQ(StateOf("c"), NodeState::kForeign);
  EXPECT_THAT(Now().Find("b")->fault, HasSubstr("set `system_identifier`"));
  Answer("a", Primary());
  EXPECT_EQ(PrimaryName(), "a");
  EXPECT_EQ(StateOf("b"), NodeState::kUp);
  EXPECT_EQ(Now().Find("b")->fault, "");
  EXPECT_EQ(StateOf("c"), NodeState::kForeign);
}

TEST_F(TopologyJudgeTest, AReplicaOfAnotherClusterIsForeignOnceAPrimaryIsSeen) {
  Answer("b", Foreign(Replica()));
  EXPECT_EQ(StateOf("b"), NodeState::kUp);
  Answer("a", Primary());
  Answer("c", Replica());
  EXPECT_EQ(StateOf("b"), NodeState::kForeign);
  EXPECT_EQ(PrimaryName(), "a");
}

TEST_F(TopologyJudgeTest, APrimaryNeedsItsStandbys) {
  JudgeSettings settings;
  settings.min_streaming_standbys = 1;
  Judge(settings, {"a", "b"});
  NodeAnswer alone = Primary();
  alone.streaming_standbys = 0;
  Answer("a", alone);
  Answer("b", Replica());
  EXPECT_EQ(PrimaryName(), "");
  EXPECT_THAT(Now().fault, HasSubstr("0 standbys stream from a, 1 must"));
  NodeAnswer followed = Primary();
  followed.streaming_standbys = 1;
  Answer("a", followed);
  EXPECT_EQ(PrimaryName(), "a");
  Answer("a", alone);
  EXPECT_EQ(PrimaryName(), "");
  Answer("a", followed);
  EXPECT_EQ(Now().epoch, 1U);
}

TEST_F(TopologyJudgeTest, AReplicaIsBehindByWhatThePrimaryHadWhenItWasAsked) {
  Begin();
  Answer("a", Primary(1, 500));
  Answer("b", Replica(1, 200));
  EXPECT_EQ(LagBytesOf("b"), 300);
  // What the primary has written since then does not count yet.
  Answer("a", Primary(1, 900));
  EXPECT_EQ(LagBytesOf("b"), 300);
  Answer("b", Replica(1, 900));
  EXPECT_EQ(LagBytesOf("b"), 0);
  EXPECT_EQ(LagTimeOf("b"), absl::ZeroDuration());
}

TEST_F(TopologyJudgeTest,
       AReplicaThatStandsStillGrowsOldWhileThePrimaryWrites) {
  Begin();
  Answer("a", Primary(1, 100));
  const SteadyTime fresh_at = now_ - std::chrono::milliseconds(1);
  for (uint64_t lsn = 200; lsn <= 1000; lsn += 100) {
    Pass(absl::Seconds(1));
    Answer("a", Primary(1, lsn));
    Answer("b", Replica(1, 100));
    EXPECT_EQ(LagTimeOf("b"), absl::FromChrono(now_ - fresh_at));
    EXPECT_EQ(LagBytesOf("b"), static_cast<int64_t>(lsn - 100));
    EXPECT_EQ(Now().Find("b")->lag->fresh_at, fresh_at);
  }
  // It is as old as what it lacks, also when no more is written.
  Pass(absl::Seconds(5));
  EXPECT_EQ(LagTimeOf("b"), absl::FromChrono(now_ - fresh_at));
}

TEST_F(TopologyJudgeTest, AnIdlePrimaryMakesNoReplicaLookOld) {
  Begin();
  for (int i = 0; i < 10; ++i) {
    Pass(absl::Seconds(1));
    Answer("b", Replica());
    Answer("a", Primary());
    EXPECT_EQ(LagTimeOf("b"), absl::ZeroDuration());
    EXPECT_EQ(Now().Find("b")->lag->fresh_at,
              now_ - std::chrono::milliseconds(1));
  }
}

TEST_F(TopologyJudgeTest, WithoutAPrimaryReplicasGrowOld) {
  Begin();
  Answer("a", Primary());
  const SteadyTime fresh_at = now_ - std::chrono::milliseconds(1);
  Fail("a", Outcome::kRefused);
  Pass(absl::Seconds(7));
  Answer("b", Replica());
  EXPECT_EQ(LagTimeOf("b"), absl::FromChrono(now_ - fresh_at));
}

TEST_F(TopologyJudgeTest, ThereIsNoLagBeforeThereWasAPrimary) {
  Answer("b", Replica());
  EXPECT_FALSE(Now().Find("b")->lag.has_value());
  Begin();
  EXPECT_TRUE(Now().Find("b")->lag.has_value());
  EXPECT_FALSE(Now().Find("a")->lag.has_value());
}

TEST_F(TopologyJudgeTest, AReplicaThatWasNeverFreshIsOfUnknownAge) {
  Answer("a", Primary(1, 500));
  Answer("b", Replica(1, 100));
  Answer("c", Replica(1, 500));
  EXPECT_EQ(LagTimeOf("b"), absl::InfiniteDuration());
  EXPECT_EQ(Now().Find("b")->lag->fresh_at, SteadyTime());
  EXPECT_EQ(LagBytesOf("b"), 400);
}

TEST_F(TopologyJudgeTest, PositionsOnAnAbandonedTimelineAreNotFresh) {
  Begin();
  // `c` has got more of the old timeline than the new one grew out of.
  Answer("c", Replica(1, 900));
  const SteadyTime fresh_at = Now().Find("c")->lag->fresh_at;
  Answer("b", Primary(2, 200));
  Pass(absl::Seconds(3));
  Answer("b", Primary(2, 300));
  Answer("c", Replica(1, 900));
  EXPECT_EQ(Now().Find("c")->lag->fresh_at, fresh_at);
  EXPECT_GE(LagTimeOf("c"), absl::Seconds(3));
  Answer("c", Replica(2, 300));
  EXPECT_EQ(LagTimeOf("c"), absl::ZeroDuration());
}

TEST_F(TopologyJudgeTest, PositionsOfTheEpochBeforeMakeNobodyFresh) {
  Begin();
  const SteadyTime fresh_at = Now().Find("c")->lag->fresh_at;
  // Of this the new timeline has nothing: it begins before it.
  Answer("a", Primary(1, 400));
  Answer("b", Primary(2, 500));
  Answer("c", Replica(2, 450));
  EXPECT_EQ(Now().Find("c")->lag->fresh_at, fresh_at);
}

TEST_F(TopologyJudgeTest, ANodeThatWasMadeAnewIsNotAsFreshAsItWas) {
  Begin();
  Answer("a", Primary(1, 500));
  Answer("b", Replica(1, 500));
  EXPECT_EQ(LagTimeOf("b"), absl::ZeroDuration());
  Answer("a", Primary(1, 600));
  Answer("b", Replica(1, 50));
  EXPECT_EQ(LagTimeOf("b"), absl::InfiniteDuration());
}

TEST_F(TopologyJudgeTest, ANodeThatHasMovedIsNotKnownYet) {
  Begin();
  judge_->SetNodes({{"a", "elsewhere", 5432}, {"b", "b", 5432}});
  EXPECT_EQ(StateOf("a"), NodeState::kUnknown);
  EXPECT_EQ(StateOf("b"), NodeState::kUp);
  EXPECT_EQ(PrimaryName(), "");
}

TEST_F(TopologyJudgeTest, WhatIsKnownIsAsOldAsTheOldestQuestion) {
  EXPECT_EQ(Now().known_at, SteadyTime());
  Begin();
  const SteadyTime begun_at = now_;
  EXPECT_LT(Now().known_at, begun_at);
  Pass(absl::Seconds(10));
  // Their silence is news too.
  Fail("b", Outcome::kRefused);
  Fail("c", Outcome::kNotAsked);
  EXPECT_LT(Now().known_at, begun_at);
  const SteadyTime before = now_;
  Answer("a", Primary());
  EXPECT_GT(Now().known_at, begun_at);
  EXPECT_LT(Now().known_at, before);
  // It was asked long ago, whenever the answer came.
  ProbeResult late;
  late.outcome = Outcome::kAnswered;
  late.answer = Primary();
  late.asked_at = begun_at;
  late.ended_at = now_;
  judge_->Note("a", late);
  EXPECT_EQ(Now().known_at, begun_at);
  SetNodes({"b", "c", "d"});
  EXPECT_GT(Now().known_at, begun_at);
}

}  // namespace
}  // namespace sluice::topology
