#include "models/zbcc/operands.hpp"

#include <array>
#include <cstring>

namespace acf::zbcc {
namespace {

using hal::opcode;

struct entry {
  opcode op;
  unit where;
  maker make;
};
constexpr entry table[] = {
    {opcode::mm, unit::matrix, make_mm},
    {opcode::sddmm, unit::matrix, make_sddmm},
    {opcode::copy, unit::vector, make_copy},
    {opcode::convert, unit::vector, make_convert},
    {opcode::gather, unit::vector, make_gather},
    {opcode::scatter, unit::vector, make_scatter},
    {opcode::transpose, unit::vector, make_transpose},
    {opcode::score, unit::vector, make_score},
    {opcode::select_k, unit::vector, make_select_k},
    {opcode::mask_update, unit::vector, make_mask_update},
    {opcode::nm_select, unit::vector, make_nm_select},
    {opcode::dts_store, unit::vector, make_dts_store},
    {opcode::sparsify, unit::vector, make_sparsify},
    {opcode::ewise, unit::vector, make_ewise},
    {opcode::rowred, unit::vector, make_rowred},
    {opcode::norm, unit::vector, make_norm},
    {opcode::pool, unit::vector, make_pool},
    {opcode::softmax_xent, unit::vector, make_softmax_xent},
    {opcode::gradients, unit::vector, make_gradients},
    {opcode::update, unit::vector, make_update},
};

const entry* find(const hal::command& c) {
  for (const entry& e : table) {
    if (e.op != static_cast<opcode>(c.op)) continue;
    if (e.op == opcode::copy && c.param[0] != hal::copy_mode::local) return nullptr;
    if ((e.op == opcode::gather || e.op == opcode::scatter) && c.param[0] != hal::table_in::sram) return nullptr;
    return &e;
  }
  return nullptr;
}

} // namespace

multiplier multiplier_of(hal::element a, hal::element b) {
  const hal::element type = a == hal::element::u8 ? b : a;
  if (b != type && b != hal::element::u8) return multiplier::fp32;
  return type == hal::element::bf16  ? multiplier::bf16
         : type == hal::element::f16 ? multiplier::fp16
                                     : multiplier::fp32;
}

prepared::prepared() = default;
prepared::prepared(prepared&&) noexcept = default;
prepared& prepared::operator=(prepared&&) noexcept = default;
prepared::~prepared() = default;

void prepared::compute() {
  work->compute();
  result = work->result;
  a = work->a.value_or(a);
  b = work->b.value_or(b);
}

void prepared::commit() {
  for (const output& o : work->outputs) {
    const tensor t = o.where.merged();
    const std::size_t size = t.size();
    t.each_run([&](std::uint64_t address, std::uint64_t number) {
      const std::uint8_t* from = o.bytes.data() + number * size;
      std::uint8_t* to = work->sram + address;
      if (t.run_stride() == size || t.run_length() == 1)
        std::memcpy(to, from, t.run_length() * size);
      else
        for (std::uint64_t i = 0; i < t.run_length(); ++i) std::memcpy(to + i * t.run_stride(), from + i * size, size);
    });
  }
}

datapath::datapath(const engine_config& config, std::uint32_t lanes, std::uint32_t sram_bytes_per_cycle)
    : matrix_engine(make_engine(config)),
      vector_lanes(lanes),
      sram_width(sram_bytes_per_cycle),
      feed{config.line_buffer_bytes, config.bank_cache_bytes} {}

std::optional<unit> datapath::executes(const hal::command& command) {
  const entry* e = find(command);
  if (e == nullptr) return std::nullopt;
  return e->where;
}

outcome datapath::prepare(const hal::command& command, const hal::extension* extension,
                          std::span<const resolved_view> views,
                          std::span<const std::uint64_t, hal::tile::scalars> scalars,
                          std::span<std::uint8_t> sram) const {
  const entry* e = find(command);
  if (e == nullptr) return {std::nullopt, {error::bad_opcode, command.op}};
  prepared out;
  out.where = e->where;
  context ctx{command, extension, views, scalars, sram, out};
  try {
    out.work = e->make(ctx, {*matrix_engine, vector_lanes, sram_width, feed});
  } catch (const command_error& failed) {
    return {std::nullopt, failed};
  }
  out.work->sram = sram.data();
  return {std::move(out), {}};
}

} // namespace acf::zbcc
