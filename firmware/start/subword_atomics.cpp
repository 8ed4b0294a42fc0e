// Atomic operations on bytes and halfwords, which RV64A lacks and the compiler calls by these names: a word-sized
// compare-and-exchange loop around the part that is meant.
#include <cstdint>

namespace {

template <class part>
class place {
public:
  explicit place(void* at)
      : word(reinterpret_cast<std::uint32_t*>(reinterpret_cast<std::uintptr_t>(at) & ~std::uintptr_t{3})),
        shift(8 * (reinterpret_cast<std::uintptr_t>(at) & 3)) {}

  // Replaces the part by update(part) and returns what it was; gives up without writing where proceed(part) is false.
  template <class function, class predicate>
  part change(function update, predicate proceed) const {
    auto before = __atomic_load_n(word, __ATOMIC_SEQ_CST);
    for (;;) {
      const auto old = static_cast<part>(before >> shift);
      if (!proceed(old)) return old;
      const auto mask = std::uint32_t{static_cast<part>(~0u)} << shift;
      const auto after = (before & ~mask) | std::uint32_t{static_cast<part>(update(old))} << shift;
      if (__atomic_compare_exchange_n(word, &before, after, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return old;
    }
  }
  template <class function>
  part change(function update) const {
    return change(update, [](part) { return true; });
  }

private:
  std::uint32_t* word;
  std::uintptr_t shift;
};

template <class part>
bool compare_exchange(void* at, void* expected, part desired) {
  auto& wanted = *static_cast<part*>(expected);
  const auto found = place<part>(at).change([=](part) { return desired; }, [=](part now) { return now == wanted; });
  const bool equal = found == wanted;
  wanted = found;
  return equal;
}

} // namespace

#define ACF_SUBWORD_ATOMICS(part, bytes)                                                                               \
  part exchange_##bytes(void* at, part v, int) asm("__atomic_exchange_" #bytes);                                       \
  part fetch_add_##bytes(void* at, part v, int) asm("__atomic_fetch_add_" #bytes);                                     \
  part fetch_sub_##bytes(void* at, part v, int) asm("__atomic_fetch_sub_" #bytes);                                     \
  part fetch_and_##bytes(void* at, part v, int) asm("__atomic_fetch_and_" #bytes);                                     \
  part fetch_or_##bytes(void* at, part v, int) asm("__atomic_fetch_or_" #bytes);                                       \
  part fetch_xor_##bytes(void* at, part v, int) asm("__atomic_fetch_xor_" #bytes);                                     \
  bool compare_exchange_##bytes(void* at, void* expected, part desired, bool, int,                                     \
                                int) asm("__atomic_compare_exchange_" #bytes);                                         \
  part exchange_##bytes(void* at, part v, int) {                                                                       \
    return place<part>(at).change([=](part) { return v; });                                                            \
  }                                                                                                                    \
  part fetch_add_##bytes(void* at, part v, int) {                                                                      \
    return place<part>(at).change([=](part old) { return old + v; });                                                  \
  }                                                                                                                    \
  part fetch_sub_##bytes(void* at, part v, int) {                                                                      \
    return place<part>(at).change([=](part old) { return old - v; });                                                  \
  }                                                                                                                    \
  part fetch_and_##bytes(void* at, part v, int) {                                                                      \
    return place<part>(at).change([=](part old) { return old & v; });                                                  \
  }                                                                                                                    \
  part fetch_or_##bytes(void* at, part v, int) {                                                                       \
    return place<part>(at).change([=](part old) { return old | v; });                                                  \
  }                                                                                                                    \
  part fetch_xor_##bytes(void* at, part v, int) {                                                                      \
    return place<part>(at).change([=](part old) { return old ^ v; });                                                  \
  }                                                                                                                    \
  bool compare_exchange_##bytes(void* at, void* expected, part desired, bool, int, int) {                              \
    return compare_exchange<part>(at, expected, desired);                                                              \
  }

ACF_SUBWORD_ATOMICS(std::uint8_t, 1)
ACF_SUBWORD_ATOMICS(std::uint16_t, 2)
