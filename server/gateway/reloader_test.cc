#include "server/gateway/reloader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sluice::gateway {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(20);

class ReloaderTest : public ::testing::Test {
 protected:
  ReloaderTest() {
    std::string pattern = absl::StrCat(::testing::TempDir(), "/reload.XXXXXX");
    folder_ = mkdtemp(pattern.data());
    Write("file", "a");
  }
  ~ReloaderTest() override {
    for (const char* name : {"file", "other"}) {
      std::remove(Path(name).c_str());
    }
    rmdir(folder_.c_str());
  }

  std::string Path(const std::string& name) const {
    return absl::StrCat(folder_, "/", name);
  }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
  }

  ReloadablePart Part(const std::string& path) {
    return {"policy", {path}, [this]() -> absl::StatusOr<Reload> {
              ++readings_;
              if (refuse_) return absl::InvalidArgumentError("no good");
              return Reload::kChanged;
            }};
  }

  bool AwaitReading(int number) const {
    const absl::Time deadline = absl::Now() + kLimit;
    while (readings_ < number && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(5));
    }
    return readings_ >= number;
  }

  std::string folder_;
  std::atomic<int> readings_{0};
  std::atomic<bool> refuse_{false};
};

TEST_F(ReloaderTest, ReadsAFileWhenItHasChanged) {
  Reloader reloader;
  reloader.Add(Part(Path("file")));
  reloader.Start();
  Write("file", "ab");
  EXPECT_TRUE(AwaitReading(1));
  // Moved over it, with the same length.
  Write("other", "ba");
  ASSERT_EQ(std::rename(Path("other").c_str(), Path("file").c_str()), 0);
  EXPECT_TRUE(AwaitReading(2));
}

TEST_F(ReloaderTest, ReadsAFolderWhenAFileInItComesChangesOrGoes) {
  Reloader reloader;
  reloader.Add(Part(folder_));
  reloader.Start();
  Write("other", "b");
  EXPECT_TRUE(AwaitReading(1));
  Write("other", "bc");
  EXPECT_TRUE(AwaitReading(2));
  ASSERT_EQ(std::remove(Path("other").c_str()), 0);
  EXPECT_TRUE(AwaitReading(3));
}

TEST_F(ReloaderTest, LeavesAFileThatHasNotChangedAlone) {
  std::atomic<int> others{0};
  Reloader reloader;
  reloader.Add(Part(Path("file")));
  // Read in the same look, behind the one above.
  reloader.Add({"deny_list", {Path("other")}, [&others] {
                  ++others;
                  return absl::StatusOr<Reload>(Reload::kChanged);
                }});
  reloader.Start();
  for (int round = 1; round <= 2; ++round) {
    Write("other", std::string(round, 'x'));
    const absl::Time deadline = absl::Now() + kLimit;
    while (others < round && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(5));
    }
  }
  EXPECT_EQ(others, 2);
  EXPECT_EQ(readings_, 0);
}

TEST_F(ReloaderTest, TriesAgainWhatWasRefused) {
  refuse_ = true;
  Reloader reloader;
  reloader.Add(Part(Path("file")));
  reloader.Start();
  Write("file", "ab");
  EXPECT_TRUE(AwaitReading(2));
  refuse_ = false;
  const int before = readings_;
  EXPECT_TRUE(AwaitReading(before + 1));
}

TEST_F(ReloaderTest, TellsWhatBecameOfEachPart) {
  Reloader reloader;
  reloader.Add(Part(Path("file")));
  reloader.Add({"deny_list", {Path("other")}, [] {
                  return absl::StatusOr<Reload>(Reload::kUnchanged);
                }});
  v1::ReloadConfigResponse response = reloader.ReloadNow();
  ASSERT_EQ(response.parts_size(), 2);
  EXPECT_EQ(response.parts(0).name(), "policy");
  EXPECT_EQ(response.parts(0).outcome(), v1::RELOAD_OUTCOME_CHANGED);
  EXPECT_EQ(response.parts(1).name(), "deny_list");
  EXPECT_EQ(response.parts(1).outcome(), v1::RELOAD_OUTCOME_UNCHANGED);

  refuse_ = true;
  response = reloader.ReloadNow();
  EXPECT_EQ(response.parts(0).outcome(), v1::RELOAD_OUTCOME_REFUSED);
  EXPECT_EQ(response.parts(0).message(), "no good");
}

TEST_F(ReloaderTest, AnswersARequestOnItsThreadAndToTheLast) {
  Reloader reloader;
  reloader.Add(Part(Path("file")));
  std::atomic<int> answers{0};
  const auto count = [&answers](const v1::ReloadConfigResponse& response) {
    EXPECT_EQ(response.parts_size(), 1);
    ++answers;
  };
  reloader.Reload(count);
  EXPECT_EQ(answers, 1);
  reloader.Start();
  for (int i = 0; i < 10; ++i) reloader.Reload(count);
  reloader.Stop();
  EXPECT_EQ(answers, 11);
  reloader.Reload(count);
  EXPECT_EQ(answers, 12);
}

TEST_F(ReloaderTest, KnowsSinceWhenThePolicyIsInForce) {
  Reloader reloader;
  EXPECT_EQ(reloader.policy_load_time(), absl::InfinitePast());
  reloader.Add(Part(Path("file")));
  const absl::Time added = reloader.policy_load_time();
  EXPECT_GT(added, absl::InfinitePast());
  refuse_ = true;
  reloader.ReloadNow();
  EXPECT_EQ(reloader.policy_load_time(), added);
  refuse_ = false;
  reloader.ReloadNow();
  EXPECT_GT(reloader.policy_load_time(), added);
}

}  // namespace
}  // namespace sluice::gateway
