#include "server/execution/outcome_reference.h"

#include <cstddef>
#include <random>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/base/error.h"

namespace sluice::execution {
namespace {

constexpr size_t kNamesAt = 5 + 8 + 4 + 8 + 8;

OutcomeReference MakeReference() {
  OutcomeReference reference;
  reference.system_identifier = 0xf711149474827680;
  reference.timeline = 3;
  reference.incarnation = 1'785'000'000'123'456;
  reference.xid = (uint64_t{1} << 40) + 725;
  reference.database = "orders";
  reference.app = "demo";
  reference.request_id = "8b0a2e1c-0000-4000-8000-0123456789ab";
  reference.request_digest = std::string(32, '\x9c');
  return reference;
}

void ExpectRefused(const identity::Sealer& sealer, absl::string_view text) {
  const absl::StatusOr<OutcomeReference> opened = OpenReference(sealer, text);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(ReasonOf(opened.status()),
            v1::ERROR_REASON_OUTCOME_REFERENCE_INVALID);
  EXPECT_EQ(opened.status().message(), InvalidReference().message());
}

// What a reference holds before it is sealed.
std::string PlaintextOf(const identity::Sealer& sealer,
                        const OutcomeReference& reference) {
  return *sealer.Open(SealReference(sealer, reference));
}

TEST(OutcomeReferenceTest, OpensAsItWasSealed) {
  const identity::Sealer sealer = identity::Sealer::MakeRandom();
  OutcomeReference reference = MakeReference();
  EXPECT_EQ(*OpenReference(sealer, SealReference(sealer, reference)),
            reference);
  reference.request_id.clear();
  reference.incarnation = -1;
  reference.database = std::string(255, '\xff');
  EXPECT_EQ(*OpenReference(sealer, SealReference(sealer, reference)),
            reference);
  EXPECT_EQ(*OpenReference(sealer, SealReference(sealer, {})),
            OutcomeReference());
}

TEST(OutcomeReferenceTest, LongestIsShortAndPrintable) {
  const identity::Sealer sealer = identity::Sealer::MakeRandom();
  OutcomeReference reference = MakeReference();
  reference.database = std::string(63, 'd');
  reference.app = std::string(63, 'a');
  reference.request_id = std::string(128, 'r');
  const std::string text = SealReference(sealer, reference);
  EXPECT_LE(text.size(), 600u);
  for (char c : text) EXPECT_TRUE(absl::ascii_isgraph(c));
}

TEST(OutcomeReferenceTest, IsRefusedWithAnyCharacterChanged) {
  const identity::Sealer sealer = identity::Sealer::MakeRandom();
  const std::string text = SealReference(sealer, MakeReference());
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = text[i] == 'A' ? 'B' : 'A';
    ExpectRefused(sealer, changed);
    ExpectRefused(sealer, text.substr(0, i));
  }
  ExpectRefused(sealer, absl::StrCat(text, "A"));
  ExpectRefused(identity::Sealer::MakeRandom(), text);
}

// The names follow the numbers and say their own length: a plaintext of
// another length, or with another count, is none.
TEST(OutcomeReferenceTest, EveryByteOfThePlaintextIsAccountedFor) {
  const identity::Sealer sealer = identity::Sealer::MakeRandom();
  const OutcomeReference reference = MakeReference();
  const std::string plaintext = PlaintextOf(sealer, reference);
  for (size_t i = 0; i < plaintext.size(); ++i) {
    ExpectRefused(sealer, sealer.Seal(plaintext.substr(0, i)));
    std::string changed = plaintext;
    changed[i] ^= 1;
    const absl::StatusOr<OutcomeReference> opened =
        OpenReference(sealer, sealer.Seal(changed));
    if (opened.ok()) {
      EXPECT_NE(*opened, reference) << i;
      EXPECT_EQ(PlaintextOf(sealer, *opened), changed) << i;
    }
    if (i < 5 || i == kNamesAt) {
      EXPECT_FALSE(opened.ok()) << i;
    }
  }
  ExpectRefused(sealer, sealer.Seal(absl::StrCat(plaintext, "x")));
}

TEST(OutcomeReferenceTest, WhateverIsSealedOpensExactlyOrNotAtAll) {
  const identity::Sealer sealer = identity::Sealer::MakeRandom();
  const std::string plaintext = PlaintextOf(sealer, MakeReference());
  const auto seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  int opened_count = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = plaintext.substr(0, random() % 100);
    for (int bytes = static_cast<int>(random() % 20); bytes > 0; --bytes) {
      changed.push_back(static_cast<char>(random() % 8));
    }
    const absl::StatusOr<OutcomeReference> opened =
        OpenReference(sealer, sealer.Seal(changed));
    if (!opened.ok()) continue;
    ++opened_count;
    ASSERT_EQ(PlaintextOf(sealer, *opened), changed);
  }
  EXPECT_GT(opened_count, 0);
}

TEST(OutcomeReferenceTest, ErrorHasItsReason) {
  const identity::Sealer sealer = identity::Sealer::MakeRandom();
  const absl::Status status = OpenReference(sealer, "nonsense").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_OUTCOME_REFERENCE_INVALID);
  EXPECT_EQ(ErrorMetadataOf(status, "field"), "outcome_reference");
}

}  // namespace
}  // namespace sluice::execution
