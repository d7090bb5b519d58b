// Messages out of protobuf's text form, for tests.

#ifndef SLUICE_CLIENT_CLI_TEXT_PROTO_H_
#define SLUICE_CLIENT_CLI_TEXT_PROTO_H_

#include <string>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace sluice::cli {

template <typename Message>
Message ParseTextProto(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_TEXT_PROTO_H_
