// The attacker has become the gateway's user, and wants the passwords that
// pgbouncer knows. Needs root: two users.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/integration/password_thief.h"
#include "tests/integration/proposal_racer.h"
#include "tests/integration/sync_setup.h"
#include "tests/support/as_user.h"
#include "tests/support/await.h"
#include "tests/support/file.h"

namespace sluice::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

namespace fs = std::filesystem;

// As PostgresCluster gives it.
constexpr char kRealPassword[] = "of-the-role-app";
constexpr char kServerName[] = "pg.sluice.internal";
// Of the gateway, in its certificate. It is allowed as a network would do it.
constexpr char kGatewayAddress[] = "127.0.0.1";
constexpr absl::Duration kRaceTime = absl::Seconds(8);
// At most; a proposal that is good is met by chance.
constexpr int kMostRaces = 5;

class PgBouncerAttackTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_EQ(geteuid(), 0u) << "needs root";
    signal(SIGPIPE, SIG_IGN);
    absl::StatusOr<UnixUser> attacker = FindUser("nobody");
    ASSERT_TRUE(attacker.ok()) << attacker.status();
    absl::StatusOr<TempDir> folder = TempDir::Make();
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_.emplace(*std::move(folder));
    ASSERT_TRUE(GiveTo(*attacker, folder_->path()).ok());
    TestCertificates certificates(folder_->path());
    ASSERT_TRUE(certificates.MakeCa("ca").ok());
    ASSERT_TRUE(certificates.MakeServer("ca", "evil", kServerName).ok());
    plain_ = StartThief("plain", {});
    tls_ = StartThief("tls", {certificates.CertificatePath("evil"),
                              certificates.KeyPath("evil")});
    ASSERT_TRUE(certificates.MakeCa("gateways_ca").ok());
    ASSERT_TRUE(certificates
                    .MakeServer("gateways_ca", "gateway",
                                absl::StrCat("IP:", kGatewayAddress))
                    .ok());
    gateways_ca_file_ = certificates.CertificatePath("gateways_ca");
    gateway_ = StartThief("gateway", {certificates.CertificatePath("gateway"),
                                      certificates.KeyPath("gateway")});
    ASSERT_TRUE(plain_ != nullptr && tls_ != nullptr && gateway_ != nullptr);

    SyncOptions options;
    options.gateway = *attacker;
    // Wider than anybody would allow: what is in their place on TCP is then
    // for the certificate to tell.
    options.ports = {plain_->port(), tls_->port(), gateway_->port()};
    options.hosts = {kGatewayAddress};
    absl::StatusOr<std::unique_ptr<SyncSetup>> setup =
        SyncSetup::Start(options);
    ASSERT_TRUE(setup.ok()) << setup.status();
    setup_ = *std::move(setup);
  }

  static void TearDownTestSuite() {
    setup_.reset();
    plain_.reset();
    tls_.reset();
    gateway_.reset();
    folder_.reset();
  }

  // The valid twin: a good proposal is taken.
  void SetUp() override {
    ASSERT_NE(setup_, nullptr);
    known_ = Stolen().size();
    const absl::Status status = setup_->StartSync();
    ASSERT_TRUE(status.ok()) << status;
    ProposeGood();
    ASSERT_TRUE(setup_->AwaitEntry("app.app.n0")) << setup_->ReadLog();
  }

  void TearDown() override {
    if (setup_ != nullptr) setup_->StopSync();
  }

  static std::unique_ptr<PasswordThief> StartThief(
      const std::string& name, const PasswordThief::Certificate& certificate) {
    const std::string socket_folder = folder_->Path(name);
    EXPECT_TRUE(MakeFolder(socket_folder, 0755).ok());
    absl::StatusOr<std::unique_ptr<PasswordThief>> thief =
        PasswordThief::Start(socket_folder, certificate);
    EXPECT_TRUE(thief.ok()) << thief.status();
    return thief.ok() ? *std::move(thief) : nullptr;
  }

  static std::vector<std::string> Stolen() {
    std::vector<std::string> all;
    for (PasswordThief* thief : {plain_.get(), tls_.get(), gateway_.get()}) {
      for (std::string& one : thief->passwords()) all.push_back(std::move(one));
    }
    return all;
  }

  static void AsAttacker(const std::function<void()>& work) {
    RunAsUser(setup_->gateway_user(), work);
  }

  static void ProposeGood() {
    AsAttacker([] { fs::remove_all(setup_->proposal_file()); });
    setup_->Propose({setup_->Node(0)});
  }

  // Asks for each entry that an attack may have made, and for a good one.
  void ExpectNothingIsStolen(const std::string& attack) {
    for (const char* entry :
         {"app.app.evil", "probe.evil", "evil", "app.app.evil2", "app"}) {
      EXPECT_EQ(setup_->AskSeven(entry), entry == std::string("app") ? "7" : "")
          << entry << " after " << attack;
    }
    EXPECT_EQ(setup_->AskSeven("app.app.n0"), "7") << attack;
    EXPECT_EQ(Stolen().size(), known_) << attack;
  }

  // Has pgbouncer connect to it, as to a node at that host.
  static void LureTo(const std::string& host, const PasswordThief& thief) {
    const int connections = thief.connection_count();
    setup_->ForgetLog();
    setup_->Propose({setup_->Node(0), {"evil", host, thief.port()}});
    ASSERT_TRUE(setup_->AwaitLog("pgbouncer_reloaded")) << setup_->ReadLog();
    // A server that has just failed is not tried again within a second.
    EXPECT_TRUE(Await(SyncSetup::kLimit, [&] {
      setup_->AskSeven("app.app.evil");
      return thief.connection_count() > connections;
    }));
  }

  // An attack that is refused, for that fault.
  void ExpectRefused(const std::string& attack, const std::string& fault,
                     const std::function<void()>& work) {
    const std::string good = ReadFile(setup_->include_file());
    const int connections =
        plain_->connection_count() + tls_->connection_count();
    setup_->ForgetLog();
    AsAttacker(work);
    EXPECT_TRUE(setup_->AwaitLog(fault)) << attack << setup_->ReadLog();
    EXPECT_EQ(ReadFile(setup_->include_file()), good) << attack;
    ExpectNothingIsStolen(attack);
    EXPECT_EQ(plain_->connection_count() + tls_->connection_count(),
              connections)
        << attack;
    EXPECT_THAT(setup_->ReadLog(), Not(HasSubstr("of-the-role"))) << attack;
    setup_->ForgetLog();
    ProposeGood();
    EXPECT_TRUE(setup_->AwaitLog("proposal_taken_again")) << attack;
  }

  static inline std::optional<TempDir> folder_;
  static inline std::unique_ptr<PasswordThief> plain_;
  static inline std::unique_ptr<PasswordThief> tls_;
  // With the certificate of the gateway's listener.
  static inline std::unique_ptr<PasswordThief> gateway_;
  static inline std::string gateways_ca_file_;
  static inline std::unique_ptr<SyncSetup> setup_;

  // Passwords stolen before this test.
  size_t known_ = 0;
};

absl::StatusOr<SqlSession> EnterAsGateway(const PgBouncer& pgbouncer,
                                          const std::string& entry) {
  return SqlSession::Open(absl::StrCat(
      "host=", pgbouncer.socket_folder(), " port=", pgbouncer.port(),
      " dbname=", entry, " user=", PostgresCluster::kGatewayUser,
      " password=", PostgresCluster::kGatewayPassword, " connect_timeout=5"));
}

// Has a pgbouncer of these settings use an entry as whoever can write one might
// make it.
absl::Status UseForgedEntry(SyncSetup& setup, const std::string& place,
                            const Settings& settings) {
  PgBouncerOptions options = setup.pgbouncer_options();
  options.settings = settings;
  options.include_file = setup.config_folder() + "/forged.ini";
  absl::Status status = WriteFile(
      options.include_file,
      absl::StrCat("app.app.evil = ", place, " dbname=app user=app\n"), 0640);
  status.Update(GiveTo(setup.pgbouncer_user(), options.include_file));
  if (!status.ok()) return status;
  const absl::StatusOr<std::unique_ptr<PgBouncer>> pgbouncer =
      PgBouncer::Start(options);
  if (!pgbouncer.ok()) return pgbouncer.status();
  EXPECT_FALSE(EnterAsGateway(**pgbouncer, "app.app.evil").ok());
  return absl::OkStatus();
}

// The twins of all that follows: what an entry can do, and that the listeners
// would see it.
TEST_F(PgBouncerAttackTest, AForgedEntrySendsThePasswordToAUnixSocket) {
  const absl::Status status = UseForgedEntry(
      *setup_,
      absl::StrCat("host=", folder_->Path("plain"), " port=", plain_->port()),
      {});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(plain_->passwords(), Contains(kRealPassword));
}

TEST_F(PgBouncerAttackTest, WithoutTlsAForgedEntrySendsThePasswordOverTcp) {
  const size_t before = plain_->passwords().size();
  const std::string place =
      absl::StrCat("host=", kServerName, " port=", plain_->port());
  ASSERT_TRUE(UseForgedEntry(*setup_, place, {}).ok());
  EXPECT_EQ(plain_->passwords().size(), before);
  ASSERT_TRUE(
      UseForgedEntry(*setup_, place, {{"server_tls_sslmode", "disable"}}).ok());
  EXPECT_GT(plain_->passwords().size(), before);
}

TEST_F(PgBouncerAttackTest, UnverifiedAForgedEntrySendsThePasswordOverTls) {
  const std::string place =
      absl::StrCat("host=", kServerName, " port=", tls_->port());
  ASSERT_TRUE(UseForgedEntry(*setup_, place, {}).ok());
  EXPECT_THAT(tls_->passwords(), IsEmpty());
  ASSERT_TRUE(
      UseForgedEntry(*setup_, place, {{"server_tls_sslmode", "require"}}).ok());
  EXPECT_THAT(tls_->passwords(), Contains(kRealPassword));
}

struct Forgery {
  // The lines between the first and the last.
  std::string lines;
  std::string fault;
};

TEST_F(PgBouncerAttackTest, NoTextOfAProposalMakesPgBouncerConnectElsewhere) {
  const std::string socket = folder_->Path("plain");
  const std::string port = absl::StrCat(plain_->port());
  const Forgery forgeries[] = {
      {absl::StrCat("evil ", socket, " ", port, "\n"), "line 2: no host"},
      {absl::StrCat("evil @", socket, " ", port, "\n"), "line 2: no host"},
      {absl::StrCat("evil ", kServerName, ",", socket, " ", port, "\n"),
       "line 2: no host"},
      {absl::StrCat("evil ", kServerName, " host=", socket, " ", port, "\n"),
       "line 2: no \\\"NAME HOST PORT"},
      {absl::StrCat("evil ", kServerName, " ", port, " host=", socket, "\n"),
       "line 2: no \\\"NAME HOST PORT"},
      {absl::StrCat("evil\thost=", socket, " ", kServerName, " ", port, "\n"),
       "line 2: a byte"},
      {absl::StrCat("evil=host=", socket, " ", kServerName, " ", port, "\n"),
       "line 2: no name of a node"},
      {absl::StrCat("evil ", kServerName, " ", port, "\n",
                    "app.app.evil = host=", socket, " port=", port,
                    " dbname=app user=app\n"),
       "line 3"},
      {absl::StrCat("evil ", kServerName, " ", port,
                    "\rapp.app.evil2 = host=", socket, "\n"),
       "line 2: a byte"},
      {absl::StrCat("%include ", socket, "/evil.ini\n"), "line 2: no"},
      {"[pgbouncer]\nadmin_users = sluice\n", "line 2: no"},
      {"auth_query = SELECT\n", "line 2: no"},
      {absl::StrCat("evil 127.0.0.2 ", port, "\n"), "host 127.0.0.2 is none"},
      {absl::StrCat("evil localhost ", port, "\n"), "host localhost is none"},
      {absl::StrCat("evil 2130706433 ", port, "\n"), "line 2: no host"},
      {absl::StrCat("evil ::ffff:127.0.0.1 ", port, "\n"), "line 2: no host"},
      {absl::StrCat("evil ", kServerName, ".evil.com ", port, "\n"),
       "is none of those allowed"},
      {absl::StrCat("evil ", kServerName, ". ", port, "\n"), "line 2: no host"},
      {absl::StrCat("evil ", kServerName, " 1\n"), "port 1 is none"},
      {absl::StrCat("evil ", kServerName, " 0", port, "\n"), "line 2: no port"},
  };
  for (const Forgery& forgery : forgeries) {
    ExpectRefused(forgery.lines, forgery.fault, [&] {
      std::ofstream(setup_->proposal_file()) << "sluice-proposal 1 main\n"
                                             << forgery.lines << "end 1\n";
    });
  }
}

TEST_F(PgBouncerAttackTest, NothingInThePlaceOfTheProposalIsFollowedOrAwaited) {
  const std::string file = setup_->proposal_file();
  const std::string users = setup_->pgbouncer().socket_folder() + "/users.txt";
  ASSERT_THAT(ReadFile(users), HasSubstr(kRealPassword));
  const auto in_its_place = [&](const std::function<void()>& work) {
    return [&file, work] {
      fs::remove_all(file);
      work();
    };
  };
  ExpectRefused("a link to the passwords", "is a symbolic link",
                in_its_place([&] { fs::create_symlink(users, file); }));
  ExpectRefused("a link to a good proposal", "is a symbolic link",
                in_its_place([&] {
                  std::ofstream(file + ".good") << "garbage";
                  fs::create_symlink(file + ".good", file);
                }));
  ExpectRefused("a FIFO", "is no regular file", in_its_place([&] {
                  EXPECT_EQ(mkfifo(file.c_str(), 0666), 0);
                }));
  ExpectRefused("a folder", "is no regular file",
                in_its_place([&] { fs::create_directory(file); }));
  ExpectRefused("a terabyte", "has more than 65536 bytes", in_its_place([&] {
                  std::ofstream(file) << "x";
                  EXPECT_EQ(truncate(file.c_str(), off_t{1} << 40), 0);
                }));
  ExpectRefused("no file", "is not there", in_its_place([] {}));
}

// The folder is the gateway's user's, and so it may stand for any other.
TEST_F(PgBouncerAttackTest, AFileThatIsNotTheGatewaysIsNotRead) {
  absl::StatusOr<TempDir> folder = TempDir::Make();
  ASSERT_TRUE(folder.ok()) << folder.status();
  ASSERT_TRUE(GiveTo(setup_->pgbouncer_user(), folder->path()).ok());
  const std::string secret = folder->Path("main.proposal");
  ASSERT_TRUE(WriteFile(secret, "of-the-role-app is a secret\n", 0600).ok());
  ASSERT_TRUE(GiveTo(setup_->pgbouncer_user(), secret).ok());
  const std::string own = setup_->proposal_folder();
  ASSERT_EQ(std::rename(own.c_str(), (own + ".kept").c_str()), 0);
  setup_->ForgetLog();
  AsAttacker([&] { fs::create_directory_symlink(folder->path(), own); });
  EXPECT_TRUE(setup_->AwaitLog("is another user's")) << setup_->ReadLog();
  EXPECT_THAT(setup_->ReadLog(), Not(HasSubstr("of-the-role")));
  ExpectNothingIsStolen("another folder");
  ASSERT_EQ(unlink(own.c_str()), 0);
  ASSERT_EQ(std::rename((own + ".kept").c_str(), own.c_str()), 0);
  EXPECT_TRUE(setup_->AwaitLog("proposal_taken_again"));
}

TEST_F(PgBouncerAttackTest, AListenerInANodesPlaceIsToldNothing) {
  for (PasswordThief* thief : {plain_.get(), tls_.get()}) {
    LureTo(kServerName, *thief);
    ExpectNothingIsStolen("a listener on TCP");
  }
}

TEST_F(PgBouncerAttackTest, TheGatewaysOwnCertificateIsNoneOfANode) {
  LureTo(kGatewayAddress, *gateway_);
  EXPECT_EQ(setup_->AskSeven("app.app.n0"), "7");
  EXPECT_EQ(Stolen().size(), known_);
  // The twin: the same entries, and a pgbouncer that trusts the gateway's CA.
  PgBouncerOptions options = setup_->pgbouncer_options();
  options.ca_file = gateways_ca_file_;
  const absl::StatusOr<std::unique_ptr<PgBouncer>> pgbouncer =
      PgBouncer::Start(options);
  ASSERT_TRUE(pgbouncer.ok()) << pgbouncer.status();
  EXPECT_FALSE(EnterAsGateway(**pgbouncer, "app.app.evil").ok());
  EXPECT_THAT(gateway_->passwords(), Contains(kRealPassword));
}

TEST_F(PgBouncerAttackTest, TheGatewaysUserReachesNothingOfPgBouncers) {
  const std::string pgbouncer = setup_->pgbouncer().socket_folder();
  AsAttacker([&] {
    for (const std::string& file :
         {setup_->include_file(), setup_->include_file() + ".nodes",
          setup_->config_file(), pgbouncer + "/pgbouncer.ini",
          pgbouncer + "/users.txt"}) {
      EXPECT_EQ(open(file.c_str(), O_WRONLY | O_CLOEXEC), -1) << file;
      EXPECT_EQ(errno, EACCES) << file;
      EXPECT_EQ(open(file.c_str(), O_RDONLY | O_CLOEXEC), -1) << file;
      EXPECT_EQ(unlink(file.c_str()), -1) << file;
      EXPECT_EQ(std::rename(setup_->proposal_file().c_str(), file.c_str()), -1);
    }
    const std::string fresh = setup_->include_file() + ".new";
    EXPECT_EQ(open(fresh.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666), -1);
    const std::string place =
        absl::StrCat("host=", pgbouncer, " port=", setup_->pgbouncer().port(),
                     " dbname=pgbouncer connect_timeout=5");
    EXPECT_FALSE(SqlSession::Open(place + " user=pgbouncer").ok());
    absl::StatusOr<SqlSession> console = SqlSession::Open(
        absl::StrCat(place, " user=", PostgresCluster::kGatewayUser,
                     " password=", PostgresCluster::kGatewayPassword));
    ASSERT_TRUE(console.ok()) << console.status();
    EXPECT_TRUE(console->Execute("SHOW VERSION").ok());
    for (const char* command :
         {"RELOAD", "SET server_tls_sslmode = 'disable'",
          "SET auth_file = '/tmp/evil'", "SUSPEND", "SHUTDOWN"}) {
      EXPECT_THAT(std::string(console->Execute(command).status().message()),
                  HasSubstr("admin access needed"))
          << command;
    }
  });
  ExpectNothingIsStolen("what the gateway's user may try elsewhere");
}

// Entries of which `text` has another host than the one that is allowed.
std::vector<std::string> ForeignEntries(const std::string& text) {
  std::vector<std::string> foreign;
  for (const absl::string_view line :
       absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (absl::StartsWith(line, ";")) continue;
    if (!absl::StrContains(line, absl::StrCat(" = host=", kServerName, " "))) {
      foreign.emplace_back(line);
    }
  }
  return foreign;
}

TEST_F(PgBouncerAttackTest, NoRaceGetsPastTheLook) {
  const std::string good =
      absl::StrCat("n0 ", kServerName, " ", setup_->Node(0).port, "\n");
  const std::string evil_tcp =
      absl::StrCat("evil ", kServerName, " ", tls_->port(), "\n");
  const std::string evil_unix =
      absl::StrCat("evil ", folder_->Path("plain"), " ", plain_->port(), "\n");
  const auto proposal = [](const std::string& lines, int count) {
    return absl::StrCat("sluice-proposal 1 main\n", lines, "end ", count, "\n");
  };
  const unsigned seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  ProposalRacer racer(
      setup_->proposal_file(),
      {proposal(good, 1), proposal(good + evil_tcp, 2),
       proposal(good + evil_unix, 2), proposal(evil_unix, 1),
       absl::StrCat("app.app.evil = host=", folder_->Path("plain"),
                    " port=", plain_->port(), " dbname=app user=app\n"),
       ""},
      seed);
  int looks = 0;
  const auto race = [&] {
    const absl::Time end = absl::Now() + kRaceTime;
    std::thread attacker([&] { AsAttacker([&] { racer.Run(end); }); });
    while (absl::Now() < end) {
      EXPECT_THAT(ForeignEntries(ReadFile(setup_->include_file())), IsEmpty());
      EXPECT_EQ(setup_->AskSeven("app.app.n0"), "7");
      EXPECT_EQ(setup_->AskSeven("app.app.evil"), "");
      ++looks;
    }
    attacker.join();
  };
  // Until both has happened: proposals were taken, and refused.
  const auto has_logged = [&](const char* text) {
    return absl::StrContains(setup_->ReadLog(), text);
  };
  bool have_both = false;
  for (int round = 0; round < kMostRaces && !have_both; ++round) {
    race();
    have_both =
        has_logged("evil=pg.sluice.internal") && has_logged("proposal_refused");
  }
  EXPECT_TRUE(have_both) << setup_->ReadLog();
  EXPECT_GT(racer.count(), 1000);
  EXPECT_GT(looks, 5);
  ExpectNothingIsStolen("a race");
  setup_->ForgetLog();
  ProposeGood();
  EXPECT_TRUE(setup_->AwaitEntry("app.app.n0"));
}

}  // namespace
}  // namespace sluice::testing
