// Which sanitizer watches, where that changes what can be measured.

#ifndef SLUICE_TESTS_SUPPORT_SANITIZER_H_
#define SLUICE_TESTS_SUPPORT_SANITIZER_H_

namespace sluice::testing {

// AddressSanitizer keeps memory that was freed.
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

// ThreadSanitizer has a thread of its own.
#ifdef __SANITIZE_THREAD__
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_SANITIZER_H_
