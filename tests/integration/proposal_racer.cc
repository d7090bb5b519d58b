#include "tests/integration/proposal_racer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace sluice::testing {

void ProposalRacer::Run(absl::Time end) {
  while (absl::Now() < end) {
    const std::string& text = texts_[random_() % texts_.size()];
    switch (random_() % 5) {
      case 0:
        Overwrite(text, text.size());
        break;
      case 1:
        Overwrite(text, 1);
        break;
      case 2:
        Replace([&](const std::string& fresh) {
          std::ofstream(fresh + ".target") << text;
          EXPECT_EQ(symlink((fresh + ".target").c_str(), fresh.c_str()), 0);
        });
        break;
      case 3:
        Replace([](const std::string& fresh) {
          EXPECT_EQ(mkfifo(fresh.c_str(), 0666), 0);
        });
        break;
      default:
        Replace(
            [&](const std::string& fresh) { std::ofstream(fresh) << text; });
    }
    ++count_;
  }
}

void ProposalRacer::Overwrite(absl::string_view text, size_t piece_bytes) {
  const int fd = open(file_.c_str(),
                      O_WRONLY | O_TRUNC | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return;
  while (!text.empty()) {
    const absl::string_view piece = text.substr(0, piece_bytes);
    if (write(fd, piece.data(), piece.size()) < 0) break;
    text.remove_prefix(piece.size());
  }
  close(fd);
}

void ProposalRacer::Replace(
    const std::function<void(const std::string&)>& make) {
  const std::string fresh = absl::StrCat(file_, ".fresh");
  unlink(fresh.c_str());
  make(fresh);
  EXPECT_EQ(std::rename(fresh.c_str(), file_.c_str()), 0);
}

}  // namespace sluice::testing
