// What a person or a script writes to begin, mark and end a transaction.

#include "client/cli/transaction_command.h"

#include <string>

#include "client/cli/text_proto.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using Kind = TransactionCommand::Kind;

// As "KIND name"; "other" where it is no command of a transaction.
std::string Read(absl::string_view sql) {
  const auto command = ParseTransactionCommand(sql);
  if (!command.has_value()) return "other";
  std::string read(CommandTag(command->kind));
  if (command->kind == Kind::kRollbackTo) read += " TO";
  if (!command->savepoint.empty()) read += " " + command->savepoint;
  return read;
}

void ExpectOptions(absl::string_view sql, const std::string& options) {
  const auto command = ParseTransactionCommand(sql);
  ASSERT_TRUE(command.has_value()) << sql;
  EXPECT_EQ(command->kind, Kind::kBegin);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
      command->options.ToProto(),
      ParseTextProto<v1::TransactionOptions>(options)))
      << sql << ": " << command->options.ToProto().ShortDebugString();
}

TEST(TransactionCommandTest, ReadsEveryFormOfAnEnd) {
  for (const char* sql :
       {"COMMIT", "commit work", "COMMIT TRANSACTION", "END", "end work",
        "COMMIT AND NO CHAIN", "/* now */ Commit -- it"}) {
    EXPECT_EQ(Read(sql), "COMMIT") << sql;
  }
  for (const char* sql : {"ROLLBACK", "rollback work", "ABORT",
                          "ABORT TRANSACTION", "ROLLBACK AND NO CHAIN"}) {
    EXPECT_EQ(Read(sql), "ROLLBACK") << sql;
  }
}

TEST(TransactionCommandTest, ReadsTheModesOfABegin) {
  ExpectOptions("BEGIN", "");
  ExpectOptions("begin work", "");
  ExpectOptions("START TRANSACTION", "");
  ExpectOptions("BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE",
                "isolation: ISOLATION_LEVEL_SERIALIZABLE "
                "access: TRANSACTION_ACCESS_READ_ONLY deferrable: true");
  ExpectOptions("BEGIN TRANSACTION READ WRITE ISOLATION LEVEL REPEATABLE READ",
                "isolation: ISOLATION_LEVEL_REPEATABLE_READ "
                "access: TRANSACTION_ACCESS_READ_WRITE");
  ExpectOptions(
      "START TRANSACTION ISOLATION LEVEL READ UNCOMMITTED, NOT DEFERRABLE",
      "isolation: ISOLATION_LEVEL_READ_COMMITTED");
}

TEST(TransactionCommandTest, ReadsNamesAsPostgresDoes) {
  EXPECT_EQ(Read("SAVEPOINT One"), "SAVEPOINT one");
  EXPECT_EQ(Read("savepoint \"One \"\"2\"\"\""), "SAVEPOINT One \"2\"");
  EXPECT_EQ(Read("ROLLBACK TO a"), "ROLLBACK TO a");
  EXPECT_EQ(Read("ROLLBACK WORK TO SAVEPOINT a"), "ROLLBACK TO a");
  EXPECT_EQ(Read("ROLLBACK TO savepoint"), "ROLLBACK TO savepoint");
  EXPECT_EQ(Read("RELEASE SAVEPOINT a"), "RELEASE a");
  EXPECT_EQ(Read("RELEASE a"), "RELEASE a");
  EXPECT_EQ(Read("RELEASE savepoint"), "RELEASE savepoint");
}

TEST(TransactionCommandTest, LeavesTheRestToTheGateway) {
  for (const char* sql :
       {"", "SELECT 1", "COMMIT PREPARED 'x'", "ROLLBACK PREPARED 'x'",
        "COMMIT AND CHAIN", "BEGIN READ", "BEGIN READ ONLY,", "BEGIN nonsense",
        "SAVEPOINT", "SAVEPOINT \"\"", "SAVEPOINT a b", "SAVEPOINT 'a'",
        "SAVEPOINT \"open", "ROLLBACK TO", "RELEASE", "START", "COMMIT 1",
        "\"commit\"", "BEGINNING"}) {
    EXPECT_EQ(Read(sql), "other") << sql;
  }
}

}  // namespace
}  // namespace sluice::cli
