#include "models/host_bridge/host_bridge.hpp"

#include "sw_stack/hal/memory_map.hpp"

#include <algorithm>

namespace acf::host_bridge {

namespace global = hal::global;
namespace tile_regs = hal::tile;

bool dma_windows::allows(std::uint64_t address, std::uint64_t bytes, bool write) const {
  const std::uint32_t needed = write ? 2 : 1;
  return std::any_of(windows_.begin(), windows_.end(), [&](const window& w) {
    return (w.rights & needed) && address >= w.base && address < w.limit && bytes <= w.limit - address;
  });
}

host_bridge::host_bridge(sc_core::sc_module_name name, const chip_description& chip, common::turns& order,
                         dma_windows& windows, noc::mesh& mesh, std::vector<tile::control_window*> tiles)
    : sc_module(name), order_(order), windows_(windows), mesh_(mesh), tiles_(std::move(tiles)), failed_(tiles_.size()) {
  SC_HAS_PROCESS(host_bridge);
  from_mesh.register_b_transport(this, &host_bridge::receive);
  SC_METHOD(fence_arrives);
  sensitive << fence_due_;
  dont_initialize();
  describe_chip(chip);
  connect_global();
  space.place(hal::map::global_block - hal::map::fabric, global_);
  for (std::uint32_t i = 0; i < tiles_.size(); ++i) {
    connect_tile(i);
    space.place(hal::map::tile_base(i) - hal::map::fabric, tiles_[i]->registers());
    space.place(hal::map::routing_base(i) - hal::map::fabric, mesh.registers().of(static_cast<noc::router_id>(i)));
  }
  mesh.on_error = [this](const common::fabric_error& e) { route_failed(e); };
}

void host_bridge::describe_chip(const chip_description& c) {
  for (const hal::reg* r : capability_registers) global_.preset(*r, *capability(c, *r));
  global_.reset();
}

void host_bridge::connect_global() {
  global_.on_write(global::control, [this](std::uint64_t value) { control_written(value); });
  global_.computed(global::status, [this]() -> std::uint64_t {
    const bool idle = std::all_of(tiles_.begin(), tiles_.end(), [](const auto& t) { return t->idle(); });
    const bool error = std::any_of(failed_.begin(), failed_.end(), [](bool f) { return f; });
    return (idle ? global::status["IDLE"].mask() : 0) | (error ? global::status["ERROR"].mask() : 0);
  });
  global_.on_write(global::irq_status, [this](std::uint64_t) { update_irq(); });
  global_.on_write(global::irq_enable, [this](std::uint64_t) { update_irq(); });
  global_.on_write(global::doorbell, [this](std::uint64_t value) {
    check_order();
    for (std::uint32_t t = 0; t < tiles_.size(); ++t)
      if (global_.get(global::tile_select, t / 32) >> (t % 32) & 1) ring(t, value);
    for (auto* o : observers_) o->doorbell();
  });
  global_.computed(global::error_tile, [this]() -> std::uint64_t {
    const auto at = std::find(failed_.begin(), failed_.end(), true);
    return at == failed_.end() ? 0xFFFF'FFFF : static_cast<std::uint64_t>(at - failed_.begin());
  });
  global_.computed(global::route_cycle_length, [this]() -> std::uint64_t { return cycle_.size(); });
  global_.external(
      global::route_cycle,
      [this](std::uint32_t i) -> std::uint64_t {
        return i < cycle_.size() ? cycle_[i] / 4 | static_cast<std::uint64_t>(cycle_[i] % 4) << 16 : 0;
      },
      [](std::uint32_t, std::uint64_t) {});
  global_.computed(global::fences, [this]() -> std::uint64_t { return fences_; });
  global_.on_write(global::marker, [this](std::uint64_t value) {
    for (auto* o : observers_) o->marker(static_cast<std::uint32_t>(value));
  });
  global_.external(
      global::window_base, [this](std::uint32_t i) { return windows_[i].base; },
      [this](std::uint32_t i, std::uint64_t v) { windows_[i].base = v; });
  global_.external(
      global::window_limit, [this](std::uint32_t i) { return windows_[i].limit; },
      [this](std::uint32_t i, std::uint64_t v) { windows_[i].limit = v; });
  global_.external(
      global::window_rights, [this](std::uint32_t i) -> std::uint64_t { return windows_[i].rights; },
      [this](std::uint32_t i, std::uint64_t v) { windows_[i].rights = static_cast<std::uint32_t>(v); });
}

void host_bridge::connect_tile(std::uint32_t n) {
  auto& t = *tiles_[n];
  t.on_change([this, n] { tile_changed(n); });
  t.on_doorbell = [this, n](std::uint64_t value) {
    check_order();
    ring(n, value);
    for (auto* o : observers_) o->doorbell();
  };
  t.on_ring_placed = [this, n, &t](std::uint32_t r) {
    const auto place = t.place_of(r);
    ring_placed({n, r, place.begin, place.end});
  };
}

void host_bridge::ring(std::uint32_t t, std::uint64_t value) {
  const auto which = static_cast<std::uint32_t>(hal::get(value, tile_regs::doorbell_ring));
  const auto count = static_cast<std::uint32_t>(hal::get(value, tile_regs::doorbell_count));
  const auto job = tiles_[t]->ring(which, count);
  if (!job) return;
  for (auto* o : observers_) {
    o->submitted(t, job);
    o->rung(t, which);
  }
}

void host_bridge::check_order() {
  if (!unfenced_stores()) return;
  raise(global::irq_status["ORDER"]);
  for (auto* o : observers_) o->unordered_doorbell();
}

void host_bridge::control_written(std::uint64_t value) {
  mesh_.routes().select(static_cast<std::uint32_t>(hal::get(value, global::control["ROUTE_BANK"])));
  if (hal::test(value, global::control["RESET"])) reset();
  if (hal::test(value, global::control["ABORT"]))
    for (auto* t : tiles_) t->abort();
  if (hal::test(value, global::control["CHECK_ROUTES"])) check_routes();
}

void host_bridge::reset() {
  for (auto* t : tiles_) t->reset_all();
  mesh_.routes().reset();
  mesh_.routes().select(0);
  windows_.reset();
  global_.reset();
  std::fill(failed_.begin(), failed_.end(), false);
  fences_ = 0;
  cycle_.clear();
  fences_due_.clear();
  update_irq();
}

void host_bridge::check_routes() {
  const auto selected = mesh_.routes().selected();
  for (const auto bank : {selected, 1 - selected}) route_failed(mesh_.routes().check(bank));
  cycle_ = mesh_.routes().find_cycle();
  if (cycle_.empty()) return;
  global_.set(global::route_status, global::route_status["CYCLE"], 1);
  raise(global::irq_status["ROUTE"]);
}

void host_bridge::route_failed(const common::fabric_error& error) {
  using kind = common::fabric_error::kind;
  if (error.what != kind::route_hole && error.what != kind::route_loop) return;
  const auto& bit = error.what == kind::route_hole ? global::route_status["HOLE"] : global::route_status["LOOP"];
  if (global_.get(global::route_status) == 0)
    global_.set(global::route_at, error.router | static_cast<std::uint64_t>(error.destination) << 16);
  global_.set(global::route_status, bit, 1);
  raise(global::irq_status["ROUTE"]);
}

void host_bridge::tile_changed(std::uint32_t n) {
  const bool error = tiles_[n]->error();
  if (error && !failed_[n]) {
    raise(global::irq_status["ERROR"]);
    for (auto* o : observers_) o->tile_failed(n);
  }
  failed_[n] = error;
  for (auto* o : observers_) o->tile_changed(n);
}

void host_bridge::raise(const hal::field& cause) {
  global_.set(global::irq_status, cause, 1);
  update_irq();
}

void host_bridge::update_irq() { irq.write((global_.get(global::irq_status) & global_.get(global::irq_enable)) != 0); }

// A fence reports here; it counts when its packet arrives.
void host_bridge::receive(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const auto* fabric = payload.get_extension<common::fabric_extension>();
  fences_due_.emplace(sc_core::sc_time_stamp() + delay, fabric && fabric->signal.semaphore != 0);
  fence_due_.cancel();
  fence_due_.notify(fences_due_.begin()->first - sc_core::sc_time_stamp());
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

// Who watches fences wants to see what else ended at the same instant.
void host_bridge::fence_arrives() {
  order_.call(common::rank::fence, [this] { count_fences(); });
}

void host_bridge::count_fences() {
  while (!fences_due_.empty() && fences_due_.begin()->first <= sc_core::sc_time_stamp()) {
    const bool interrupt = fences_due_.begin()->second;
    fences_due_.erase(fences_due_.begin());
    ++fences_;
    if (interrupt) raise(global::irq_status["FENCE"]);
    for (auto* o : observers_) o->fence();
  }
  if (!fences_due_.empty()) fence_due_.notify(fences_due_.begin()->first - sc_core::sc_time_stamp());
}

void host_bridge::observe_registers(common::register_observer* o) {
  global_.observe(o);
  for (auto* t : tiles_) t->registers().observe(o);
  mesh_.registers().observe(o);
}

} // namespace acf::host_bridge
