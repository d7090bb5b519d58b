// Utf8Stream: check of a UTF-8 text that arrives in pieces.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_UTF8_STREAM_H_
#define SLUICE_SERVER_POSTGRES_CODEC_UTF8_STREAM_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sluice::postgres {

class Utf8Stream {
 public:
  // False: what came so far is no beginning of a well-formed text.
  bool Add(absl::string_view piece);

  // Whether what came so far ends with a whole character.
  bool IsComplete() const { return rest_.empty(); }

 private:
  // The beginning of a character that the last piece ended in.
  std::string rest_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_UTF8_STREAM_H_
