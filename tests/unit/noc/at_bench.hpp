// A mesh and a DRAM in at timing with a node at every tile and at the host bridge that speaks the base protocol, held
// to it at every port; and the same chip in lt beside it. Elaborated once per process.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <random>

#include "base_protocol_checker.hpp"
#include "models/dram/controller.hpp"
#include "models/noc/mesh.hpp"
#include "platform/config/dram_preset.hpp"
#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/global_registers.hpp"

namespace acf::test {

using namespace acf::noc;
using common::cycles;
using common::destination;
using common::fabric_extension;

inline constexpr auto base = hal::map::dram;

struct request {
  tlm::tlm_generic_payload payload;
  fabric_extension extension;
  std::vector<std::uint8_t> bytes;
  cycles asked = 0, done = 0;
  bool over = false;
  ~request() { payload.clear_extension(&extension); }
};

// A node: asks as fast as the protocol lets it, and takes packets.
struct node : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<node> out{"out"};
  tlm_utils::simple_target_socket<node> in{"in"};
  std::deque<request*> queue;
  bool requesting = false;
  struct arrival {
    cycles at;
    std::uint64_t address;
    std::uint8_t first;
    std::uint32_t count;
  };
  std::vector<arrival> arrivals;

  explicit node(sc_core::sc_module_name name) : sc_module(name) {
    out.register_nb_transport_bw(this, &node::backward);
    in.register_b_transport(this, &node::take);
  }
  static cycles now() { return sc_core::sc_time_stamp().value() / 1000; }
  void ask(request& r) {
    queue.push_back(&r);
    next();
  }
  void next() {
    while (!requesting && !queue.empty()) {
      auto& r = *queue.front();
      queue.pop_front();
      r.asked = now();
      tlm::tlm_phase phase = tlm::BEGIN_REQ;
      auto delay = sc_core::SC_ZERO_TIME;
      requesting = true;
      const auto state = out->nb_transport_fw(r.payload, phase, delay);
      if (state == tlm::TLM_UPDATED && phase == tlm::END_REQ) requesting = false;
      if (state == tlm::TLM_COMPLETED) requesting = false, r.over = true, r.done = now();
    }
  }
  tlm::tlm_sync_enum backward(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase, sc_core::sc_time&) {
    if (phase == tlm::END_REQ) {
      requesting = false;
      next();
      return tlm::TLM_ACCEPTED;
    }
    auto& r = *reinterpret_cast<request*>(&p); // the payload is its first member
    r.over = true;
    r.done = now();
    return tlm::TLM_COMPLETED;
  }
  void take(tlm::tlm_generic_payload& p, sc_core::sc_time&) {
    const auto* e = p.get_extension<fabric_extension>();
    arrivals.push_back(
        {now(), p.get_address(), p.get_data_length() > 0 ? *p.get_data_ptr() : std::uint8_t{0}, e->signal.count});
    p.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

inline dram::dram_config memory(bool banks) {
  dram::dram_config d;
  d.technology = platform::dram_preset_of("hbm2").device;
  d.size = 64 << 20;
  d.banks = banks;
  return d;
}

inline mesh_config chip(bool flits, std::uint32_t virtual_channels = 2) {
  mesh_config m;
  m.virtual_channels = virtual_channels;
  m.dram = dram::make_map(memory(false));
  m.flits = flits;
  return m;
}

struct world {
  mesh fabric;
  dram::dram_controller store{"store", memory(true)};
  mesh lt{"lt", chip(false)};
  dram::dram_controller lt_store{"lt_store", memory(false)};
  std::deque<node> nodes, lt_nodes;
  std::deque<test::base_protocol_checker> checkers;
  std::deque<std::unique_ptr<request>> requests;

  explicit world(std::uint32_t virtual_channels = 2) : fabric("fabric", chip(true, virtual_channels)) {
    const auto& where = fabric.where();
    for (std::uint32_t i = 0; i < where.nodes(); ++i) {
      const auto n = static_cast<node_id>(i);
      checkers.emplace_back(("checker" + std::to_string(i)).c_str());
      auto& c = checkers.back();
      if (n >= where.tiles() && n != where.host_bridge()) {
        fabric.to[n].bind(c.in);
        c.out.bind(store.channel[n - where.tiles()]);
        lt.to[n].bind(lt_store.channel[n - where.tiles()]);
        continue;
      }
      nodes.emplace_back(("node" + std::to_string(i)).c_str());
      nodes.back().out.bind(c.in);
      c.out.bind(fabric.from[n]);
      fabric.to[n].bind(nodes.back().in);
      lt_nodes.emplace_back(("lt_node" + std::to_string(i)).c_str());
      lt_nodes.back().out.bind(lt.from[n]);
      lt.to[n].bind(lt_nodes.back().in);
    }
  }
  node& at(node_id n) { return n == fabric.where().host_bridge() ? nodes.back() : nodes[n]; }

  request& make(tlm::tlm_command command, std::uint64_t address, std::uint32_t bytes, destination to) {
    requests.push_back(std::make_unique<request>());
    auto& r = *requests.back();
    r.bytes.resize(bytes);
    r.payload.set_command(command);
    r.payload.set_address(address);
    r.payload.set_data_ptr(r.bytes.data());
    r.payload.set_data_length(bytes);
    r.payload.set_streaming_width(bytes);
    r.payload.set_extension(&r.extension);
    r.extension.to = to;
    return r;
  }
  void run(cycles n = 20'000) { sc_core::sc_start(sc_core::sc_time::from_value(n * 1000)); }
};

} // namespace acf::test
