// A mesh with DRAM behind it and a probe at every tile and at the host bridge, elaborated once per process. Tests call
// its sockets directly; between tests the kernel's time moves on, so that no test sees another's reservations.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "models/dram/controller.hpp"
#include "models/noc/mesh.hpp"

namespace acf::test {

using common::cycles;
using common::destination;
using common::fabric_extension;
using common::node_id;

struct arrival {
  cycles at; // since the start of the test
  std::uint64_t address;
  std::vector<std::uint8_t> bytes;
  common::semaphore_signal signal;
  node_id source;
};

class probe : public sc_core::sc_module {
public:
  tlm_utils::simple_initiator_socket<probe> out{"out"};
  tlm_utils::simple_target_socket<probe> in{"in"};
  std::vector<arrival> arrivals;
  std::function<void()> on_arrival;
  cycles service = 0; // cycles that the target needs for a packet
  std::vector<std::uint8_t> memory = std::vector<std::uint8_t>(65536);

  probe(sc_core::sc_module_name name, std::uint64_t cycle_ps) : sc_module(name), cycle_ps_(cycle_ps) {
    in.register_b_transport(this, &probe::b_transport);
  }

private:
  void b_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    const auto* e = p.get_extension<fabric_extension>();
    auto* data = p.get_data_ptr();
    if (p.is_read())
      std::copy_n(memory.begin() + static_cast<std::ptrdiff_t>(p.get_address()), p.get_data_length(), data);
    else
      arrivals.push_back(
          {delay.value() / cycle_ps_, p.get_address(), {data, data + p.get_data_length()}, e->signal, e->source});
    if (on_arrival) on_arrival();
    delay += sc_core::sc_time::from_value(service * cycle_ps_);
    p.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  std::uint64_t cycle_ps_;
};

struct result {
  cycles done; // since the start of the test
  tlm::tlm_response_status status;
  fabric_extension extension;
  cycles injected, delivered; // since the start of the test
};

class bench {
public:
  noc::mesh mesh;
  dram::dram_controller dram;
  std::vector<std::unique_ptr<probe>> probes; // tiles, then the host bridge

  bench(const std::string& name, const noc::mesh_config& m, const dram::dram_config& d)
      : mesh((name + "_mesh").c_str(), m), dram((name + "_dram").c_str(), d) {
    const auto& where = mesh.where();
    for (std::uint32_t i = 0; i < where.channels(); ++i) mesh.to[where.channel(i)].bind(dram.channel[i]);
    for (std::uint32_t i = 0; i <= where.tiles(); ++i) {
      const auto node = i < where.tiles() ? static_cast<node_id>(i) : where.host_bridge();
      probes.push_back(std::make_unique<probe>((name + "_probe" + std::to_string(i)).c_str(), m.cycle_ps));
      probes.back()->out.bind(mesh.from[node]);
      mesh.to[node].bind(probes.back()->in);
    }
  }

  node_id tile(std::uint32_t x, std::uint32_t y) const { return mesh.where().tile(x, y); }

  // A fresh mesh as far as a test can tell.
  void restart() {
    sc_core::sc_start(10, sc_core::SC_MS);
    mesh.routes().reset();
    mesh.filter = nullptr;
    mesh.on_error = nullptr;
    for (auto& p : probes) {
      p->arrivals.clear();
      p->service = 0;
      p->on_arrival = nullptr;
    }
  }

  result transport(node_id from, tlm::tlm_command command, std::uint64_t address, std::uint8_t* data,
                   std::uint32_t length, destination to, cycles start = 0, common::semaphore_signal signal = {}) {
    fabric_extension e;
    e.to = to;
    e.signal = signal;
    tlm::tlm_generic_payload p;
    p.set_command(command);
    p.set_address(address);
    p.set_data_ptr(data);
    p.set_data_length(length);
    p.set_streaming_width(length);
    p.set_extension(&e);
    const auto cycle = mesh.config().cycle_ps;
    auto delay = sc_core::sc_time::from_value(start * cycle);
    probes[from]->out->b_transport(p, delay);
    p.clear_extension(&e);
    return {delay.value() / cycle, p.get_response_status(), e, e.injected - mesh.now(), e.delivered - mesh.now()};
  }

  result read(node_id from, std::uint64_t address, std::uint32_t length, cycles start = 0) {
    buffer.resize(length);
    return transport(from, tlm::TLM_READ_COMMAND, address, buffer.data(), length, destination::dram(), start);
  }
  result write(node_id from, std::uint64_t address, std::vector<std::uint8_t> bytes, cycles start = 0) {
    return transport(from, tlm::TLM_WRITE_COMMAND, address, bytes.data(), static_cast<std::uint32_t>(bytes.size()),
                     destination::dram(), start);
  }
  result send(node_id from, destination to, std::vector<std::uint8_t> bytes, cycles start = 0,
              common::semaphore_signal signal = {}) {
    return transport(from, tlm::TLM_WRITE_COMMAND, 0x100, bytes.data(), static_cast<std::uint32_t>(bytes.size()), to,
                     start, signal);
  }

  std::vector<std::uint8_t> buffer; // of the last read
};

inline std::vector<std::uint8_t> pattern(std::size_t length, std::uint8_t first = 1) {
  std::vector<std::uint8_t> bytes(length);
  for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::uint8_t>(first + i * 7);
  return bytes;
}

} // namespace acf::test
