#include "server/rpc/activity_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>

namespace sluice::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

class ActivityRegistryTest : public ::testing::Test {
 protected:
  ActivityRegistry::Entry Add(const std::string& app) {
    Activity activity;
    activity.app = app;
    cancellations_.push_back(std::make_shared<Cancellation>());
    return registry_.Add(std::move(activity), loop_, cancellations_.back());
  }

  // Why the call that was added as that one is to end.
  CancelCause CauseOf(size_t number) {
    std::promise<CancelCause> cause;
    loop_.Post([&] { cause.set_value(cancellations_[number]->cause()); });
    return cause.get_future().get();
  }

  EventLoop loop_{"registry-test"};
  ActivityRegistry registry_;
  std::vector<std::shared_ptr<Cancellation>> cancellations_;
};

TEST_F(ActivityRegistryTest, ListsCallsInProgressTheOldestFirst) {
  std::optional<ActivityRegistry::Entry> first = Add("a");
  const ActivityRegistry::Entry second = Add("b");
  const ActivityRegistry::Entry third = Add("a");
  EXPECT_THAT(registry_.List(), ElementsAre(Field(&Activity::app, "a"),
                                            Field(&Activity::app, "b"),
                                            Field(&Activity::app, "a")));
  first.reset();
  const std::vector<Activity> left = registry_.List();
  EXPECT_THAT(left, ElementsAre(Field(&Activity::app, "b"),
                                Field(&Activity::app, "a")));
  EXPECT_LT(left[0].id, left[1].id);
}

TEST_F(ActivityRegistryTest, AnEntryThatWasMovedEndsOnce) {
  {
    ActivityRegistry::Entry entry = Add("a");
    const ActivityRegistry::Entry moved = std::move(entry);
    EXPECT_EQ(registry_.List().size(), 1);
  }
  EXPECT_THAT(registry_.List(), IsEmpty());
}

TEST_F(ActivityRegistryTest, ACallIsListedAsItDescribesItselfLater) {
  ActivityRegistry::Entry entry = Add("a");
  entry.Describe("app", "nightly");
  EXPECT_THAT(registry_.List(),
              ElementsAre(AllOf(Field(&Activity::database, "app"),
                                Field(&Activity::tag, "nightly"))));
}

TEST_F(ActivityRegistryTest, CancelsTheCallsThatMatchAndNoOther) {
  const ActivityRegistry::Entry first = Add("a");
  const ActivityRegistry::Entry second = Add("b");
  const ActivityRegistry::Entry third = Add("a");
  EXPECT_EQ(registry_.CancelIf(
                [](const Activity& activity) { return activity.app == "a"; },
                CancelCause::kRevoked),
            2);
  EXPECT_EQ(CauseOf(0), CancelCause::kRevoked);
  EXPECT_EQ(CauseOf(1), CancelCause::kNone);
  EXPECT_EQ(CauseOf(2), CancelCause::kRevoked);
}

TEST_F(ActivityRegistryTest, ACallThatHasEndedIsNotCancelled) {
  { const ActivityRegistry::Entry ended = Add("a"); }
  EXPECT_EQ(registry_.CancelIf([](const Activity&) { return true; },
                               CancelCause::kAdmin),
            0);
  EXPECT_EQ(CauseOf(0), CancelCause::kNone);
}

}  // namespace
}  // namespace sluice::rpc
