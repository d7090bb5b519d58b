// What became of a part of the configuration that was read anew.

#ifndef SLUICE_SERVER_BASE_RELOAD_H_
#define SLUICE_SERVER_BASE_RELOAD_H_

namespace sluice {

// A part that is refused gives a status instead, and the one before it stays
// in force.
enum class Reload { kUnchanged, kChanged };

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_RELOAD_H_
