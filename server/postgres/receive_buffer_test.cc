#include "server/postgres/receive_buffer.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/postgres/wire.h"

namespace sluice::postgres {
namespace {

constexpr size_t kNoBudget = size_t{1} << 40;

std::string Message(char type, size_t body_size, char fill) {
  std::string out;
  MessageWriter writer(out);
  writer.Begin(type);
  out.append(body_size, fill);
  writer.End();
  return out;
}

enum class LongRows { kSkip, kTakePieces };

// Feeds `stream` in pieces of at most `piece` bytes and gives what came out:
// type, size, and the first byte of a kept body ('-' for a skipped one). The
// pieces of a long row are added up behind it.
std::vector<std::string> Cut(const std::string& stream, size_t piece,
                             size_t row_budget,
                             LongRows long_rows = LongRows::kSkip) {
  ReceiveBuffer buffer;
  std::vector<std::string> seen;
  std::string taken;
  size_t fed = 0;
  for (;;) {
    ReceiveBuffer::Message message;
    const ReceiveBuffer::Next next = buffer.TakeMessage(row_budget, message);
    if (next == ReceiveBuffer::Next::kMalformed) {
      seen.push_back("malformed");
      return seen;
    }
    if (next == ReceiveBuffer::Next::kRowPiece) {
      taken += std::string(message.body);
      continue;
    }
    if (!taken.empty() && next != ReceiveBuffer::Next::kIncomplete) {
      seen.back() += std::to_string(taken.size()) + taken.front();
      taken.clear();
    }
    if (next == ReceiveBuffer::Next::kLongRow && long_rows == LongRows::kSkip) {
      buffer.SkipRow();
    }
    if (next != ReceiveBuffer::Next::kIncomplete) {
      const bool kept = next == ReceiveBuffer::Next::kMessage;
      const char first = !kept                  ? '-'
                         : message.body.empty() ? ' '
                                                : message.body[0];
      seen.push_back(std::string(1, message.type) +
                     std::to_string(message.size) + first);
      continue;
    }
    if (fed == stream.size()) return seen;
    buffer.MakeSpace();
    const size_t count =
        std::min({piece, buffer.space_size(), stream.size() - fed});
    std::memcpy(buffer.space(), stream.data() + fed, count);
    buffer.Filled(count);
    fed += count;
  }
}

TEST(ReceiveBufferTest, CutsTheSameMessagesAtEveryByteBoundary) {
  const std::string stream = Message('T', 20, 'a') + Message('D', 0, 'x') +
                             Message('D', 300, 'b') + Message('Z', 1, 'I');
  const std::vector<std::string> whole = {"T20a", "D0 ", "D300b", "Z1I"};
  for (size_t piece = 1; piece <= stream.size(); ++piece) {
    EXPECT_EQ(Cut(stream, piece, kNoBudget), whole) << "pieces of " << piece;
  }
}

TEST(ReceiveBufferTest, ReadsPastRowsOverTheBudgetAndStaysInStep) {
  const std::string stream = Message('D', 10, 'a') +
                             Message('D', 100'000, 'b') +
                             Message('D', 11, 'c') + Message('C', 5, 'd');
  const std::vector<std::string> expected = {"D10a", "D100000-", "D11-", "C5d"};
  for (const size_t piece : {1UL, 7UL, 4096UL, 1UL << 20}) {
    EXPECT_EQ(Cut(stream, piece, 10), expected) << "pieces of " << piece;
  }
}

TEST(ReceiveBufferTest, GivesRowsOverTheBudgetInPieces) {
  const std::string stream = Message('D', 10, 'a') +
                             Message('D', 100'000, 'b') +
                             Message('D', 11, 'c') + Message('C', 5, 'd');
  const std::vector<std::string> expected = {"D10a", "D100000-100000b",
                                             "D11-11c", "C5d"};
  for (const size_t piece : {1UL, 7UL, 4096UL, 1UL << 20}) {
    EXPECT_EQ(Cut(stream, piece, 10, LongRows::kTakePieces), expected)
        << "pieces of " << piece;
  }
}

TEST(ReceiveBufferTest, DropsALongNoticeWithoutAWord) {
  const std::string stream =
      Message('N', 70'000, 'n') + Message('N', 9, 'n') + Message('Z', 1, 'I');
  EXPECT_EQ(Cut(stream, 1000, kNoBudget),
            (std::vector<std::string>{"N9n", "Z1I"}));
}

TEST(ReceiveBufferTest, GrowsForAMessageLargerThanItself) {
  const std::string stream =
      Message('D', 3'000'000, 'q') + Message('Z', 1, 'I');
  EXPECT_EQ(Cut(stream, 50'000, kNoBudget),
            (std::vector<std::string>{"D3000000q", "Z1I"}));
}

TEST(ReceiveBufferTest, RefusesWhatIsNoMessage) {
  EXPECT_EQ(Cut(std::string("?\0\0\0\4", 5), 5, kNoBudget),
            std::vector<std::string>{"malformed"});
  EXPECT_EQ(Cut(std::string("Z\0\0\0\3", 5), 5, kNoBudget),
            std::vector<std::string>{"malformed"});
  EXPECT_EQ(Cut(std::string("T\x7f\0\0\4", 5), 5, kNoBudget),
            std::vector<std::string>{"malformed"});
}

TEST(ReceiveBufferTest, RandomStreamsCutRandomly) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    std::string stream;
    std::vector<std::string> expected;
    for (int i = 0; i < 20; ++i) {
      const size_t size = random() % 40'000;
      stream += Message('D', size, 'r');
      expected.push_back("D" + std::to_string(size) +
                         (size > 20'000 ? "-"
                          : size == 0   ? " "
                                        : "r"));
    }
    EXPECT_EQ(Cut(stream, 1 + random() % 70'000, 20'000), expected);
  }
}

}  // namespace
}  // namespace sluice::postgres
