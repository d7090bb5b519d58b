// A whole transaction that is written down before it runs.

#ifndef SLUICE_CLIENT_TRANSACTION_PLAN_H_
#define SLUICE_CLIENT_TRANSACTION_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sluice/client/step.h"
#include "sluice/v1/database.pb.h"

namespace sluice::client {

// Steps in their order, for Client::RunTransaction.
//
//   TransactionPlan plan;
//   const StepId order = plan.Add(
//       Step("INSERT INTO orders (customer) VALUES ($1) RETURNING id", 7));
//   plan.Add(Step::ForColumns("INSERT INTO items VALUES ($1, $2, $3)",
//                             order.Column(0), skus, counts));
//   plan.Add(Step("UPDATE stock SET n = n - 1 WHERE sku = $1 AND n > 0", "x")
//                .ExpectExactly(1));
//   const auto result = client.RunTransaction(plan);
//   if (!result.ok()) return result.status();
//   const auto id = (*result)[order].rows.only_row()->get<int64_t>(0);
//
// A value: it can be copied, kept and sent often.
class TransactionPlan {
 public:
  // What it is called by in later steps and in the result.
  StepId Add(const Step& step);

  size_t size() const { return steps_.size(); }
  const std::vector<v1::Step>& steps() const { return steps_; }
  // INVALID_ARGUMENT that names the first step that can't be sent. A call with
  // the plan gives it back.
  const absl::Status& status() const { return status_; }

 private:
  std::vector<v1::Step> steps_;
  absl::Status status_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_TRANSACTION_PLAN_H_
