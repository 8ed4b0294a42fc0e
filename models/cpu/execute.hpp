// How a table's meaning of an instruction becomes a function that runs it and goes on to the next.
#pragma once
#include "models/cpu/hart.hpp"

namespace acf::cpu {

inline flow next(hart& h, insn* i, std::int64_t left) { return h.proceed(i + 1, left); }

template <class F>
flow run_simple(hart& h, insn* i, std::int64_t left) {
  F{}(h, *i);
  return next(h, i, left);
}

// An instruction that cannot trap: `meaning(hart&, const insn&)`.
template <class F>
constexpr opcode op(std::string_view name, encoding e, cost price, F) {
  return {name, e.match, e.mask, e.shape, price, plain, &run_simple<F>};
}

} // namespace acf::cpu
