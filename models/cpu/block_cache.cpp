#include "models/cpu/block_cache.hpp"
#include <new>

namespace acf::cpu {

block_cache::block_cache() : arena(new std::byte[arena_bytes]) { heads.fill(&nowhere); }

void* block_cache::take(std::size_t bytes) {
  void* p = arena.get() + used;
  used += (bytes + 15) & ~std::size_t{15};
  return p;
}

block* block_cache::allocate(unsigned instructions, unsigned bytes) {
  const std::size_t code_bytes = (instructions + 3) * sizeof(insn);
  if (used + sizeof(block) + code_bytes + bytes + 64 > arena_bytes) clear();
  auto* b = new (take(sizeof(block))) block;
  b->code = new (take(code_bytes)) insn[instructions + 3];
  b->words = new (take(bytes)) std::uint16_t[bytes / 2];
  return b;
}

void block_cache::insert(block* b) {
  block*& first = head(b->pc);
  b->next = first == &nowhere ? nullptr : first;
  first = b;
}

void block_cache::clear() {
  heads.fill(&nowhere);
  loops.clear();
  used = 0;
  ++generations;
}

} // namespace acf::cpu
