#include "server/telemetry/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace sluice::telemetry {
namespace {

const absl::Time kTime =
    absl::FromCivil(absl::CivilSecond(2023, 1, 31, 12, 0, 0),
                    absl::UTCTimeZone()) +
    absl::Microseconds(42);

std::string Format(LogFields fields) {
  return FormatLogLine(kTime, LogLevel::kInfo, "listening", fields);
}

TEST(LogTest, LineIsOneJsonObjectWithItsFieldsInOrder) {
  const std::string address = "127.0.0.1";
  EXPECT_EQ(Format({{"address", address}, {"port", 5}, {"again", true}}),
            "{\"time\":\"2023-01-31T12:00:00.000042Z\",\"level\":\"info\","
            "\"event\":\"listening\",\"address\":\"127.0.0.1\",\"port\":5,"
            "\"again\":true}\n");
}

TEST(LogTest, LevelsHaveNames) {
  EXPECT_EQ(FormatLogLine(kTime, LogLevel::kWarning, "x", {}),
            "{\"time\":\"2023-01-31T12:00:00.000042Z\",\"level\":\"warning\","
            "\"event\":\"x\"}\n");
  EXPECT_NE(FormatLogLine(kTime, LogLevel::kError, "x", {}).find("\"error\""),
            std::string::npos);
}

TEST(LogTest, NumbersKeepTheirValue) {
  const auto json = nlohmann::json::parse(
      Format({{"least", std::numeric_limits<int64_t>::min()},
              {"most", std::numeric_limits<uint64_t>::max()},
              {"half", 0.5},
              {"small", uint8_t{7}},
              {"nan", std::nan("")}}));
  EXPECT_EQ(json["least"], std::numeric_limits<int64_t>::min());
  EXPECT_EQ(json["most"], std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(json["half"], 0.5);
  EXPECT_EQ(json["small"], 7);
  EXPECT_TRUE(json["nan"].is_null());
}

TEST(LogTest, NoValueBreaksTheLine) {
  const std::string hostile("\"\\\n\r\t\0\x1b[31m}{\xe2\x80\xa8", 17);
  const std::string line = Format({{"text", hostile}});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(line.find('\0'), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(line)["text"], hostile);
}

TEST(LogTest, InvalidUtf8IsReplaced) {
  const auto json = nlohmann::json::parse(Format({{"text", "a\xff\xc3z"}}));
  EXPECT_EQ(json["text"], "a\xef\xbf\xbd\xef\xbf\xbdz");
}

// Redirects standard error into a file while it lives.
class CapturedStderr {
 public:
  CapturedStderr() {
    path_ = testing::TempDir() + "/log_test.XXXXXX";
    const int file = mkstemp(path_.data());
    saved_ = dup(STDERR_FILENO);
    dup2(file, STDERR_FILENO);
    close(file);
  }
  ~CapturedStderr() {
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    unlink(path_.c_str());
  }

  std::vector<std::string> Lines() const {
    std::vector<std::string> lines;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

 private:
  std::string path_;
  int saved_;
};

TEST(LogTest, LinesOfManyThreadsNeverMix) {
  std::vector<std::string> lines;
  {
    CapturedStderr captured;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([i] {
        const std::string text(3000, static_cast<char>('a' + i));
        for (int j = 0; j < 100; ++j) {
          Log(LogLevel::kInfo, "test", {{"text", text}});
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    lines = captured.Lines();
  }
  ASSERT_EQ(lines.size(), 800);
  for (const std::string& line : lines) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    ASSERT_FALSE(json.is_discarded()) << line;
    const std::string text = json["text"];
    EXPECT_EQ(text, std::string(3000, text.front()));
  }
}

TEST(LogTest, TimeIsNow) {
  const absl::Time before = absl::Now();
  std::vector<std::string> lines;
  {
    CapturedStderr captured;
    Log(LogLevel::kInfo, "test");
    lines = captured.Lines();
  }
  ASSERT_EQ(lines.size(), 1);
  absl::Time time;
  ASSERT_TRUE(absl::ParseTime(
      absl::RFC3339_full,
      nlohmann::json::parse(lines[0])["time"].get<std::string>(), &time,
      nullptr));
  EXPECT_GE(time, before - absl::Microseconds(1));
  EXPECT_LE(time, absl::Now());
}

}  // namespace
}  // namespace sluice::telemetry
