#include "platform/cli/commands.hpp"
#include "platform/config/engine_settings.hpp"
#include "platform/config/input_error.hpp"
#include "platform/config/schema.hpp"
#include "platform/energy/account.hpp"
#include "platform/energy/iso_area.hpp"
#include "platform/matmul/product.hpp"
#include "platform/report/files.hpp"

#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>

namespace acf::platform {
namespace {

using nlohmann::ordered_json;

struct matmul_options {
  chosen_configuration chosen;
  std::string engine, a, b, json, c;
  std::string dtype = "bf16", phase = "forward", sided, scope = "core";
};

std::vector<std::string> engine_words() {
  std::vector<std::string> words;
  for (const std::string_view name : zbcc::engine_names()) words.emplace_back(name);
  return words;
}

template <typename T>
T chosen(const std::string& word, std::initializer_list<std::pair<std::string_view, T>> list) {
  for (const auto& [name, value] : list)
    if (name == word) return value;
  return list.begin()->second;
}

array matrix(const std::string& option, const std::string& file) {
  array m = read_array(file);
  if (m.shape.size() != 2)
    throw input_error{file, fmt::format("{}: expected a matrix, not {} dimensions", option, m.shape.size())};
  return m;
}

constexpr std::uint32_t sram_bytes_per_cycle = 256; // 16 banks of 16 bytes, as in a tile

struct run_of_product {
  zbcc::chunk_cost cost, twin;
  std::uint64_t ideal = 0;
};

run_of_product measure(const zbcc::engine& machine, const product& p, zbcc::phase phase, zbcc::sides skip, bool tile) {
  zbcc::chunk work = masks_of(p, phase, skip);
  run_of_product out;
  const std::uint64_t effectual = effectual_macs(work), lanes = machine.lanes();
  out.ideal = (effectual + lanes - 1) / lanes;
  const auto cost = [&](zbcc::sides s) {
    work.skip = s;
    zbcc::chunk_cost c = machine.cost(work);
    c.bytes_written += p.m * p.n * 4;
    if (tile) zbcc::limit_by_sram(c, machine.lanes(), sram_bytes_per_cycle);
    return c;
  };
  out.cost = cost(skip);
  out.twin = cost({});
  return out;
}

// Null for a product that takes no time.
ordered_json over(std::uint64_t x, std::uint64_t busy, double factor = 1) {
  if (busy == 0) return nullptr;
  return factor * static_cast<double>(x) / static_cast<double>(busy);
}

// The same product on as many lanes as make the fabric as large as its twin is; speed-up over that twin, whose lanes
// are those that were asked for.
ordered_json on_equal_area(const config& c, const energy_table& table, const matmul_options& o, const product& p,
                           zbcc::phase phase, zbcc::sides skip, const run_of_product& r) {
  const iso_area other = at_area_of_twin(c, table, o.dtype);
  const auto machine = zbcc::make_engine(engine_settings(other.chip, c.zbcc.engine));
  const auto busy = other.rescaled ? measure(*machine, p, phase, skip, o.scope == "tile").cost.busy : r.cost.busy;
  return {{"lanes", machine->lanes()},
          {"rows", machine->elements().rows},
          {"columns", machine->elements().columns},
          {"cycles", busy},
          {"area_difference_percent", other.difference_percent()},
          {"speedup", over(r.twin.busy, busy)}};
}

// What it costs on the chip of the configuration: of one tile's core and, with --scope tile, its SRAM. The twin is the
// same tile without the logic that skips.
ordered_json price(const config& c, const energy_table& table, const matmul_options& o, const run_of_product& r,
                   std::uint32_t lanes) {
  const price_list prices(c, table, o.dtype);
  const auto of = [&](const zbcc::chunk_cost& cost) {
    events e;
    e.macs[o.dtype] = cost.executed, e.skipping_cycles = cost.sparse_logic * lanes;
    if (o.scope == "tile") e.sram_bytes = cost.bytes_read + cost.bytes_written;
    return prices.of(e, c.zbcc.engine);
  };
  const energy_parts own = of(r.cost), twin = of(r.twin);
  const area_parts area = prices.tile_area(c.zbcc.engine);
  const efficiency rate =
      efficiency_of(static_cast<double>(r.cost.executed), static_cast<double>(r.cost.skipped), own.total());
  return {{"node", table.node},
          {"core_uj", own.core},
          {"sram_uj", own.sram},
          {"twin_core_uj", twin.core},
          {"twin_sram_uj", twin.sram},
          {"core_mm2", area.core},
          {"sram_mm2", area.sram},
          {"skipping_mm2", area.skipping},
          {"gops_per_watt_executed", rate.gops_per_watt_executed},
          {"gops_per_watt_dense_equivalent", rate.gops_per_watt_dense_equivalent},
          {"speedup_iso_lane", over(r.twin.busy, r.cost.busy)},
          {"speedup_scaled_by_area",
           over(r.twin.busy, r.cost.busy, (area.core + area.sram - area.skipping) / (area.core + area.sram))}};
}

int matmul(const matmul_options& o) {
  matmul_options m = o;
  m.chosen.sets.push_back("zbcc.engine=" + o.engine); // behind those whose numbers the user knows
  const bool two = o.sided.empty() ? o.engine == "zbcc" : o.sided == "two";
  if (two && (o.engine == "spartann" || o.engine == "sat"))
    throw input_error{fmt::format("--sided: {} skips zeros of one operand only, expected one", o.engine)};
  if (!o.sided.empty()) m.chosen.sets.push_back("tensordash.sided=" + o.sided);
  const config c = m.chosen.read();
  check_place(o.json, "--json");
  if (!o.c.empty()) check_place(o.c, "--c");

  const array a = matrix("--a", o.a), b = matrix("--b", o.b);
  if (a.shape[1] != b.shape[0])
    throw input_error{fmt::format("--b: expected {} rows, as many as --a has columns, but it is {} x {}", a.shape[1],
                                  b.shape[0], b.shape[1])};
  product p;
  p.type = chosen<product_type>(o.dtype, {{"bf16", product_type::bf16},
                                          {"fp16", product_type::fp16},
                                          {"fp32", product_type::fp32},
                                          {"int8", product_type::int8}});
  p.m = a.shape[0], p.k = a.shape[1], p.n = b.shape[1];
  p.a = operand(a, p.type, c.seed, 0), p.b = operand(b, p.type, c.seed, 1);
  const auto phase = chosen<zbcc::phase>(o.phase, {{"forward", zbcc::phase::forward},
                                                   {"input_gradient", zbcc::phase::input_gradient},
                                                   {"weight_gradient", zbcc::phase::weight_gradient}});
  const zbcc::sides skip{two && c.zbcc.skip == "both", c.zbcc.skip != "none"};
  const auto machine = zbcc::make_engine(engine_settings(c, c.zbcc.engine));
  const run_of_product r = measure(*machine, p, phase, skip, o.scope == "tile");
  if (r.cost.mode.find("not N:M") != std::string::npos) std::cerr << "sat: B is not N:M, so it runs its dense mode\n";

  ordered_json stalls = ordered_json::object();
  for (std::size_t i = 0; i < zbcc::stall_names.size(); ++i)
    if (r.cost.idle[i] != 0) stalls[std::string{zbcc::stall_names[i]}] = r.cost.idle[i];
  const auto lanes = machine->lanes();
  const energy_table table = read_energy_table(energy_table_file(c.energy.table));
  ordered_json out{{"engine", c.zbcc.engine},
                   {"m", p.m},
                   {"n", p.n},
                   {"k", p.k},
                   {"dtype", o.dtype},
                   {"phase", o.phase},
                   {"sided", two ? "two" : "one"},
                   {"scope", o.scope},
                   {"mode", r.cost.mode},
                   {"lanes", lanes},
                   {"cycles", r.cost.busy},
                   {"dense_cycles", r.twin.busy},
                   {"ideal_cycles", r.ideal},
                   {"speedup_over_dense", over(r.twin.busy, r.cost.busy)},
                   {"utilisation_percent", over(r.ideal, r.cost.busy, 100)},
                   {"macs_total", r.cost.executed + r.cost.skipped},
                   {"macs_executed", r.cost.executed},
                   {"macs_skipped", r.cost.skipped},
                   {"stalls_unit", "lane slots: macs_executed + stalls = cycles * lanes"},
                   {"stalls", std::move(stalls)},
                   {"bytes_read", r.cost.bytes_read},
                   {"bytes_written", r.cost.bytes_written},
                   {"energy", price(c, table, o, r, lanes)},
                   {"iso_area", on_equal_area(c, table, o, p, phase, skip, r)}};
  write_file(o.json, out.dump(1) + "\n");
  if (!o.c.empty()) {
    const std::size_t shape[] = {p.m, p.n};
    write_file(o.c, std::visit([&](const auto& values) { return npy_of(shape, values); }, multiply(p)));
  }
  return 0;
}

} // namespace

command add_matmul(CLI::App& app) {
  const auto o = std::make_shared<matmul_options>();
  o->chosen.add_to(app, false);
  app.add_option("--engine", o->engine, "micro-architecture")->required()->check(one_of(engine_words()));
  app.add_option("--a", o->a, "A[M, K]: .npy, .npz or FILE.npz:NAME; bool or uint8: a mask; floats: values")
      ->required();
  app.add_option("--b", o->b, "B[K, N], the targeted (sparse) operand")->required();
  app.add_option("--dtype", o->dtype, "storage of the operands")->check(one_of({"bf16", "fp16", "fp32", "int8"}));
  app.add_option("--phase", o->phase, "what the product is part of; B is the weights or the gradient")
      ->check(one_of({"forward", "input_gradient", "weight_gradient"}));
  app.add_option("--sided", o->sided, "operands whose zeros are skipped: B, or both; default: the engine's own")
      ->check(one_of({"one", "two"}));
  app.add_option("--scope", o->scope, "core: perfect feed; tile: limited by its SRAM's bandwidth")
      ->check(one_of({"core", "tile"}));
  app.add_option("--json", o->json, "cycles, products, stalls")->required();
  app.add_option("--c", o->c, "C[M, N] as .npy");
  return [o] { return matmul(*o); };
}

} // namespace acf::platform
