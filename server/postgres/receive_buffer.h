// ReceiveBuffer: bytes from the socket, cut into messages; a row beyond its
// bound is handed out in pieces or read past, and never kept.

#ifndef SLUICE_SERVER_POSTGRES_RECEIVE_BUFFER_H_
#define SLUICE_SERVER_POSTGRES_RECEIVE_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"

namespace sluice::postgres {

// Invariant: begin_ <= end_ <= capacity_.
class ReceiveBuffer {
 public:
  enum class Next {
    // A whole message: its type and body.
    kMessage,
    // More bytes are needed.
    kIncomplete,
    // A row of this size begins that is too long to be kept: its pieces
    // follow, unless SkipRow is called.
    kLongRow,
    // The next bytes of such a row.
    kRowPiece,
    // Not a message of the protocol.
    kMalformed,
  };
  struct Message {
    char type;
    absl::string_view body;
    size_t size;
  };

  ReceiveBuffer();

  // Free space to read into; grows as the message at hand needs.
  char* space() { return bytes_.get() + end_; }
  size_t space_size() const { return capacity_ - end_; }
  void Filled(size_t count);

  // The next message. A DataRow longer than `row_budget` comes in pieces; a
  // notice beyond 64 KiB is read past. The body is valid until the next call
  // of TakeMessage or MakeSpace.
  Next TakeMessage(size_t row_budget, Message& message);

  // Reads past the rest of a row that comes in pieces.
  void SkipRow();

  // Moves what is left to the front and makes room for the message at hand.
  void MakeSpace();

 private:
  Next TakePiece(Message& message);
  void Skip(size_t count);
  void Reallocate(size_t capacity);

  std::unique_ptr<char[]> bytes_;
  size_t capacity_;
  size_t begin_ = 0;
  size_t end_ = 0;
  // Bytes of a skipped message still to come.
  size_t skip_bytes_ = 0;
  // Bytes of a row in pieces that have not been handed out.
  size_t row_bytes_ = 0;
  // Size of the message at hand, header included; 0 while it is not known.
  size_t needed_ = 0;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_RECEIVE_BUFFER_H_
