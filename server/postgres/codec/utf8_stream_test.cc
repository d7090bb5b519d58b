#include "server/postgres/codec/utf8_stream.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::postgres {
namespace {

// Whether a text is taken when it comes cut at every `step` bytes.
bool Takes(const std::string& text, size_t step) {
  Utf8Stream stream;
  for (size_t at = 0; at < text.size(); at += step) {
    if (!stream.Add(text.substr(at, step))) return false;
  }
  return stream.IsComplete();
}

TEST(Utf8StreamTest, TakesATextHoweverItIsCut) {
  const std::string text = "plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 end";
  for (size_t step = 1; step <= text.size(); ++step) {
    EXPECT_TRUE(Takes(text, step)) << step;
  }
}

TEST(Utf8StreamTest, RefusesWhatIsNoUtf8HoweverItIsCut) {
  for (const char* bad :
       {"a\xFFz", "a\xC3z", "a\xE2\x82z", "\xED\xA0\x80", "\xC0\x80",
        "\xF4\x90\x80\x80", "a\x80", "\xE2\x82", "\xC3"}) {
    for (size_t step = 1; step <= 5; ++step) {
      EXPECT_FALSE(Takes(bad, step)) << step;
    }
  }
}

}  // namespace
}  // namespace sluice::postgres
