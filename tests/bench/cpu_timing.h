// Times what takes far less than a microsecond, in CPU time of the thread.

#ifndef SLUICE_TESTS_BENCH_CPU_TIMING_H_
#define SLUICE_TESTS_BENCH_CPU_TIMING_H_

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <vector>

namespace sluice::bench {

// Short, so that nothing else disturbs some of them.
constexpr int kRounds = 1000;
constexpr int kCallsPerRound = 1000;

struct Timing {
  double best_ns;
  double median_ns;
};

// CPU time of the thread, so that others on the processor do not count.
inline double CpuNanos() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 +
         static_cast<double>(time.tv_nsec);
}

// Per call; each gets its number in the round.
inline Timing Measure(const std::function<void(int)>& call) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const double begin = CpuNanos();
    for (int i = 0; i < kCallsPerRound; ++i) call(i);
    rounds.push_back((CpuNanos() - begin) / kCallsPerRound);
  }
  std::sort(rounds.begin(), rounds.end());
  return {rounds.front(), rounds[kRounds / 2]};
}

// The head of a Markdown table, and a row of it.
inline void PrintTableHead(const char* what) {
  std::printf(
      "| %s | best of %d rounds, ns of CPU time | median |\n|---|---|---|\n",
      what, kRounds);
}
inline Timing MeasureRow(const char* what,
                         const std::function<void(int)>& call) {
  const Timing timing = Measure(call);
  std::printf("| %s | %.0f | %.0f |\n", what, timing.best_ns, timing.median_ns);
  return timing;
}

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_CPU_TIMING_H_
