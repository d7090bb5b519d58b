#include "server/policy/statement_classifier.h"

#include <pthread.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/base/error.h"

namespace sluice::policy {
namespace {

using Answer = absl::StatusOr<StatementFacts>;

// Holds the classifier's thread within a callback until it is let go.
class Gate {
 public:
  void Close(StatementClassifier& classifier) {
    std::promise<void> entered;
    ASSERT_TRUE(classifier
                    .Classify("select 1",
                              [this, &entered](Answer) {
                                entered.set_value();
                                open_.get_future().wait();
                              })
                    .ok());
    entered.get_future().wait();
  }
  void Open() { open_.set_value(); }

 private:
  std::promise<void> open_;
};

TEST(StatementClassifierTest, AnswersOnItsOwnNamedThread) {
  auto classifier = std::make_unique<StatementClassifier>();
  std::promise<std::string> name;
  ASSERT_TRUE(classifier
                  ->Classify("select 1",
                             [&name](Answer) {
                               char buffer[16] = {};
                               pthread_getname_np(pthread_self(), buffer,
                                                  sizeof(buffer));
                               name.set_value(buffer);
                             })
                  .ok());
  EXPECT_EQ(name.get_future().get(), "sluice-classify");
}

TEST(StatementClassifierTest, AnswersInTheOrderOfArrival) {
  auto classifier = std::make_unique<StatementClassifier>();
  std::vector<StatementClass> order;
  const auto note = [&order](Answer answer) {
    order.push_back(answer->statement_class);
  };
  ASSERT_TRUE(classifier->Classify("select 1", note).ok());
  ASSERT_TRUE(classifier->Classify("delete from t", note).ok());
  ASSERT_TRUE(classifier->Classify("commit", note).ok());
  EXPECT_EQ(classifier->ClassifyNow("do ''")->statement_class,
            StatementClass::kProcedure);
  EXPECT_EQ(order, (std::vector<StatementClass>{StatementClass::kRead,
                                                StatementClass::kWrite,
                                                StatementClass::kTransaction}));
}

TEST(StatementClassifierTest, RefusesWithoutBlockingWhenTheQueueIsFull) {
  auto classifier = std::make_unique<StatementClassifier>(/*max_queued=*/2);
  Gate gate;
  gate.Close(*classifier);
  int answered = 0;
  const auto count = [&answered](Answer) { ++answered; };
  EXPECT_TRUE(classifier->Classify("select 1", count).ok());
  EXPECT_TRUE(classifier->Classify("select 1", count).ok());
  absl::Status refused = classifier->Classify("select 1", count);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refused), v1::ERROR_REASON_QUEUE_FULL);
  gate.Open();
  classifier.reset();
  EXPECT_EQ(answered, 2);
}

TEST(StatementClassifierTest, StopAnswersAllThatWaitOnce) {
  auto classifier = std::make_unique<StatementClassifier>();
  Gate gate;
  gate.Close(*classifier);
  int answered = 0;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(classifier
                    ->Classify("select 1",
                               [&answered](Answer answer) {
                                 ++answered;
                                 if (answer.ok()) return;
                                 EXPECT_EQ(ReasonOf(answer.status()),
                                           v1::ERROR_REASON_SHUTTING_DOWN);
                               })
                    .ok());
  }
  gate.Open();
  classifier.reset();
  EXPECT_EQ(answered, 1000);
}

}  // namespace
}  // namespace sluice::policy
