#include "server/postgres/receive_buffer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "server/base/endian.h"
#include "server/postgres/wire.h"

namespace sluice::postgres {
namespace {

// What a connection begins with, and what one that has streamed keeps.
constexpr size_t kIdleCapacity = 16 * 1024;
constexpr size_t kBusyCapacity = 256 * 1024;
// Type byte and length.
constexpr size_t kHeaderSize = 5;
// PostgreSQL's own bound for a message, and ours for all but rows.
constexpr size_t kMaxMessageBytes = size_t{1} << 30;
constexpr size_t kMaxControlBytes = size_t{64} << 20;
// A notice beyond this is not worth keeping.
constexpr size_t kMaxNoticeBytes = 64 * 1024;

// Asked for every row: a table is faster than a search.
constexpr std::array<bool, 256> MakeKnownTypes() {
  std::array<bool, 256> known{};
  for (const char type : "123ACDEGHIKNRSTVWZcdnst") {
    known[static_cast<uint8_t>(type)] = type != '\0';
  }
  return known;
}
constexpr std::array<bool, 256> kKnownTypes = MakeKnownTypes();

bool IsKnownType(char type) { return kKnownTypes[static_cast<uint8_t>(type)]; }

}  // namespace

ReceiveBuffer::ReceiveBuffer()
    : bytes_(new char[kIdleCapacity]), capacity_(kIdleCapacity) {}

void ReceiveBuffer::Filled(size_t count) {
  end_ += count;
  Skip(std::exchange(skip_bytes_, 0));
}

void ReceiveBuffer::Skip(size_t count) {
  const size_t here = std::min(count, end_ - begin_);
  begin_ += here;
  skip_bytes_ = count - here;
}

void ReceiveBuffer::SkipRow() { Skip(std::exchange(row_bytes_, 0)); }

ReceiveBuffer::Next ReceiveBuffer::TakeMessage(size_t row_budget,
                                               Message& message) {
  needed_ = 0;
  if (row_bytes_ > 0) return TakePiece(message);
  if (end_ - begin_ < kHeaderSize) return Next::kIncomplete;
  const char* header = bytes_.get() + begin_;
  const char type = header[0];
  const size_t length = LoadBig32(header + 1);
  const bool may_be_long =
      type == message::kDataRow || type == message::kNotice;
  if (!IsKnownType(type) || length < sizeof(uint32_t) ||
      length > (may_be_long ? kMaxMessageBytes : kMaxControlBytes)) {
    return Next::kMalformed;
  }
  const size_t size = length + 1;
  const size_t body_size = size - kHeaderSize;
  if (type == message::kNotice && body_size > kMaxNoticeBytes) {
    Skip(size);
    return TakeMessage(row_budget, message);
  }
  if (type == message::kDataRow && body_size > row_budget) {
    begin_ += kHeaderSize;
    row_bytes_ = body_size;
    message = Message{type, {}, body_size};
    return Next::kLongRow;
  }
  if (end_ - begin_ < size) {
    needed_ = size;
    return Next::kIncomplete;
  }
  begin_ += size;
  message = Message{type, absl::string_view(header + kHeaderSize, body_size),
                    body_size};
  return Next::kMessage;
}

ReceiveBuffer::Next ReceiveBuffer::TakePiece(Message& message) {
  const size_t here = std::min(row_bytes_, end_ - begin_);
  if (here == 0) return Next::kIncomplete;
  message = Message{message::kDataRow,
                    absl::string_view(bytes_.get() + begin_, here), here};
  begin_ += here;
  row_bytes_ -= here;
  return Next::kRowPiece;
}

void ReceiveBuffer::MakeSpace() {
  const size_t kept = end_ - begin_;
  if (kept == 0) {
    begin_ = end_ = 0;
    if (capacity_ > kBusyCapacity) Reallocate(kIdleCapacity);
    return;
  }
  // A buffer that was filled to the brim is worth enlarging.
  size_t wanted = std::max(capacity_, needed_);
  if (end_ == capacity_ && capacity_ < kBusyCapacity) {
    wanted = std::max(wanted, kBusyCapacity);
  }
  Reallocate(wanted);
}

void ReceiveBuffer::Reallocate(size_t capacity) {
  const size_t kept = end_ - begin_;
  if (capacity != capacity_) {
    std::unique_ptr<char[]> bytes(new char[capacity]);
    std::memcpy(bytes.get(), bytes_.get() + begin_, kept);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  } else {
    std::memmove(bytes_.get(), bytes_.get() + begin_, kept);
  }
  begin_ = 0;
  end_ = kept;
}

}  // namespace sluice::postgres
