// Descriptor: a file descriptor that is closed when its owner ends.

#ifndef SLUICE_SERVER_BASE_DESCRIPTOR_H_
#define SLUICE_SERVER_BASE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace sluice {

class Descriptor {
 public:
  Descriptor() = default;
  // Takes it over; -1 for none.
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      Close();
      descriptor_ = other.Release();
    }
    return *this;
  }
  ~Descriptor() { Close(); }

  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

  // Whoever calls this owns it.
  int Release() { return std::exchange(descriptor_, -1); }

  void Close() {
    if (is_open()) close(Release());
  }

 private:
  int descriptor_ = -1;
};

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_DESCRIPTOR_H_
