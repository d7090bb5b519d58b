// Tests who a session may be of, and how its settings travel.

#include "server/postgres/session_setup.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/postgres/wire.h"

namespace sluice::postgres {
namespace {

using testing::HasSubstr;

TEST(SessionSetupTest, TakesTheRoleThatItIsToHaveAndNoOther) {
  EXPECT_TRUE(CheckSessionRole("orders_rw", "orders_rw", "").ok());
  for (const char* other : {"", "orders", "orders_rw ", "Orders_rw"}) {
    const absl::Status status = CheckSessionRole("orders_rw", other, "");
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << other;
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_BACKEND_UNSUPPORTED);
    EXPECT_EQ(ErrorMetadataOf(status, "executed"), "no");
  }
}

TEST(SessionSetupTest, NamesTheAttributesThatItDoesNotServeWith) {
  const absl::Status status =
      CheckSessionRole("admin", "admin", "SUPERUSER, BYPASSRLS");
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_BACKEND_UNSUPPORTED);
  EXPECT_THAT(std::string(status.message()), HasSubstr("SUPERUSER, BYPASSRLS"));
}

TEST(SessionSetupTest, SettingsAreNoPartOfTheText) {
  const std::string value = "'); DROP TABLE item; --";
  const std::string messages =
      SettingsMessages({{"app.tenant", value}, {"app.user", ""}});
  const absl::string_view sql =
      "SELECT pg_catalog.set_config($1, $2, false), "
      "pg_catalog.set_config($3, $4, false)";
  ASSERT_EQ(messages[0], message::kParse);
  MessageReader parse(absl::string_view(messages).substr(5));
  EXPECT_EQ(parse.CString(), "");
  EXPECT_EQ(parse.CString(), sql);
  EXPECT_EQ(parse.Int16(), 0);
  // Type, length, two ends of texts, the count of types.
  const size_t bind_at = 1 + sizeof(int32_t) + sql.size() + 2 + sizeof(int16_t);
  ASSERT_EQ(messages[bind_at], message::kBind);
  MessageReader bind(absl::string_view(messages).substr(bind_at + 5));
  EXPECT_EQ(bind.CString(), "");
  EXPECT_EQ(bind.CString(), "");
  EXPECT_EQ(bind.Int16(), 0);
  EXPECT_EQ(bind.Int16(), 4);
  for (const std::string& expected : {std::string("app.tenant"), value,
                                      std::string("app.user"), std::string()}) {
    EXPECT_EQ(bind.Bytes(), expected);
  }
  EXPECT_EQ(bind.Int16(), 0);
  EXPECT_TRUE(bind.ok());
}

}  // namespace
}  // namespace sluice::postgres
