#include "sw_stack/compiler/unit_chain.hpp"

namespace acf::compiler {

void unit_chain::add(piece next) {
  if (held) emit(next.where, {});
  held = std::move(next);
}

void unit_chain::finish(raise last) {
  if (held) emit(std::nullopt, last);
  held.reset();
}

void unit_chain::emit(std::optional<unit> next, raise last) {
  const piece& p = *held;
  const bool changes = next && *next != p.where && !p.both;
  raise then = next ? raise{} : last;
  if (changes) then = p.where == unit::matrix ? raise{semaphore::to_vector, 1} : raise{semaphore::to_matrix, 1};
  wait_for taken_over = next ? then : wait_for{}, ready{semaphore::to_channel, 1};
  const bool direct = p.send && p.where == unit::matrix && !changes; // the product itself tells the channel
  if (direct) {
    if (!p.relayed) ready.semaphore = semaphore::product;
    then = ready;
  }
  if (p.raises) ready = taken_over = *p.raises;
  p.emit({.first = first, .then = then, .tag = p.tag});
  if (p.send) {
    if (p.where == unit::matrix && changes) { // the vector unit passes it on
      const tensor word = vector_of(hal::element::f32, d.mem.relay, 1);
      code.fill_zero(word, {.first = then, .then = ready, .tag = p.tag});
      taken_over = {};
    } else if (!direct && !p.raises)
      emit_to_channel(d, code, ready);
    p.send(ready);
  }
  first = taken_over;
}

} // namespace acf::compiler
