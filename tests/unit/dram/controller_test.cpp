#include "models/dram/controller.hpp"
#include "platform/config/dram_preset.hpp"

#include <gtest/gtest.h>

#include <tlm_utils/simple_initiator_socket.h>

#include <array>
#include <deque>
#include <stdexcept>

using namespace acf;
using namespace acf::dram;

int sc_main(int, char**) { return 0; }

namespace {

constexpr auto base = hal::map::dram;
using ps = std::uint64_t;

struct port : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<port> out{"out"};
  std::vector<std::pair<std::uint64_t, std::uint64_t>> invalidated;
  explicit port(sc_core::sc_module_name name) : sc_module(name) {
    out.register_invalidate_direct_mem_ptr(this, &port::invalidate);
  }
  void invalidate(sc_dt::uint64 first, sc_dt::uint64 last) { invalidated.emplace_back(first, last); }
};

struct memory {
  dram_controller controller;
  port host;
  std::deque<port> channel;

  memory(const std::string& name, const dram_config& c) : controller(name.c_str(), c), host((name + "_host").c_str()) {
    host.out.bind(controller.host);
    for (std::uint32_t i = 0; i < controller.map().channels; ++i) {
      channel.emplace_back((name + "_channel" + std::to_string(i)).c_str());
      channel.back().out.bind(controller.channel[i]);
    }
  }
};

dram_config config(const std::string& preset, std::uint32_t width_bits = 0) {
  dram_config c;
  c.technology = platform::dram_preset_of(preset).device;
  c.width_bits = width_bits;
  c.size = 16 << 20;
  c.seed = 5;
  return c;
}

struct world {
  memory hbm2{"hbm2", config("hbm2")}, half{"half", config("hbm2", 64)}, ddr4{"ddr4", config("ddr4_3200")},
      lp3200{"lp3200", config("lpddr4_3200")}, lp2400{"lp2400", config("lpddr4_2400")};
};
world& all() {
  static world w;
  return w;
}

struct outcome {
  ps done;
  tlm::tlm_response_status status;
  common::fabric_extension extension;
  bool dmi_allowed;
};

std::vector<std::uint8_t> buffer(4096);

outcome access(port& from, std::uint64_t address, std::uint32_t bytes, bool write = false, ps start = 0) {
  common::fabric_extension e;
  tlm::tlm_generic_payload p;
  p.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  p.set_address(address);
  p.set_data_ptr(buffer.data());
  p.set_data_length(bytes);
  p.set_streaming_width(bytes);
  p.set_extension(&e);
  auto delay = sc_core::sc_time::from_value(start);
  from.out->b_transport(p, delay);
  p.clear_extension(&e);
  return {delay.value(), p.get_response_status(), e, p.is_dmi_allowed()};
}

// Time to stream 256 KiB through channel 0, all asked for at once.
ps stream(memory& m) {
  ps last = 0;
  const auto& map = m.controller.map();
  for (std::uint32_t i = 0; i < 256; ++i)
    last = std::max(last, access(m.channel[0], base + std::uint64_t{i} * map.channels * 1024, 1024).done);
  return last;
}

class dram_test : public testing::Test {
protected:
  world& w = all();
  void SetUp() override { sc_core::sc_start(10, sc_core::SC_MS); }
};

std::string refusal(dram_config c) {
  try {
    make_map(c);
    make_timing(c);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "accepted";
}

} // namespace

// 99th percentile of the reference's idle sequential reads, its row misses: (1 + tRCD + CL + BL/2) tCK.
TEST_F(dram_test, an_idle_read_takes_what_the_technology_says) {
  EXPECT_EQ(access(w.ddr4.channel[0], base, 64).done, 30'870);
  EXPECT_EQ(access(w.lp3200.channel[0], base, 32).done, 41'250);
  EXPECT_EQ(access(w.lp2400.channel[0], base, 128).done, 34'030);
  EXPECT_EQ(access(w.hbm2.channel[0], base, 64).done, 31'000);
}

TEST_F(dram_test, less_than_a_burst_occupies_a_whole_one) {
  const auto first = access(w.lp2400.channel[0], base, 4);
  const auto second = access(w.lp2400.channel[0], base + 4, 4);
  EXPECT_EQ(second.done - first.done, 6'640); // 16 transfers of 0.415 ns
  EXPECT_EQ(second.extension.cause.dram, 6);
}

TEST_F(dram_test, writes_are_posted) {
  EXPECT_EQ(access(w.hbm2.channel[1], base + 1024, 64, true).done, 2'000 + 1'000);
}

TEST_F(dram_test, half_the_width_takes_twice_as_long) {
  const auto whole = stream(w.hbm2), half = stream(w.half);
  EXPECT_EQ(whole, 256 * 32'000 + 29'000); // 32 B/ns
  EXPECT_EQ(half, 256 * 64'000 + 29'000);
}

TEST_F(dram_test, channels_work_side_by_side) {
  for (std::uint32_t i = 0; i < 8; ++i) EXPECT_EQ(access(w.hbm2.channel[i], base + i * 1024, 1024).done, 61'000);
}

TEST_F(dram_test, the_host_meets_the_fabric_in_the_channel) {
  EXPECT_EQ(access(w.hbm2.host, base + 8 * 1024 * 9, 8).done, 10'000 + 31'000);
  access(w.hbm2.channel[2], base + 2048, 1024);
  EXPECT_EQ(access(w.hbm2.host, base + 2048, 8).done, 32'000 + 31'000) << "after the 1 KiB of the fabric";
  EXPECT_EQ(access(w.hbm2.host, base + 3072 - 4, 8).done, 34'000 + 31'000) << "spans channels 2 and 3";
}

TEST_F(dram_test, counters_say_what_was_moved) {
  const auto before = w.hbm2.controller.counters(4);
  access(w.hbm2.channel[4], base + 4096, 1000);
  access(w.hbm2.channel[4], base + 4096, 24, true);
  sc_core::sc_start(1, sc_core::SC_US);
  const auto after = w.hbm2.controller.counters(4);
  EXPECT_EQ(after.bytes_read - before.bytes_read, 1000);
  EXPECT_EQ(after.bytes_written - before.bytes_written, 24);
  EXPECT_EQ(after.accesses - before.accesses, 2);
  EXPECT_EQ(after.busy - before.busy, 34);
  EXPECT_EQ(after.waited - before.waited, 32);
}

TEST_F(dram_test, wrong_addresses_are_errors) {
  const auto beyond = access(w.hbm2.host, base + (16 << 20) - 4, 8);
  EXPECT_EQ(beyond.status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(beyond.extension.error.what, common::fabric_error::kind::out_of_range);
  EXPECT_EQ(access(w.hbm2.host, base - 8, 8).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(access(w.hbm2.host, ~0ull - 3, 8).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(access(w.hbm2.channel[1], base, 8).status, tlm::TLM_ADDRESS_ERROR_RESPONSE) << "channel 0's";
  EXPECT_EQ(access(w.hbm2.channel[0], base + 1000, 100).status, tlm::TLM_ADDRESS_ERROR_RESPONSE) << "partly";
}

TEST_F(dram_test, memory_errors_and_dmi_exclude_each_other) {
  const std::uint64_t where = base + (1 << 20);
  const auto page = backing_store::page;
  tlm::tlm_generic_payload p;
  p.set_address(where);
  p.set_read();
  tlm::tlm_dmi dmi;
  ASSERT_TRUE(w.hbm2.host.out->get_direct_mem_ptr(p, dmi));
  EXPECT_GE(dmi.get_end_address() - dmi.get_start_address() + 1, backing_store::chunk);
  EXPECT_EQ(dmi.get_start_address() % backing_store::chunk, 0);
  EXPECT_TRUE(dmi.is_read_write_allowed());
  EXPECT_TRUE(access(w.hbm2.host, where, 8).dmi_allowed);

  w.hbm2.controller.inject_error(where + 70);
  ASSERT_FALSE(w.hbm2.host.invalidated.empty());
  EXPECT_EQ(w.hbm2.host.invalidated.back(), std::pair(where, where + page - 1));
  EXPECT_FALSE(w.hbm2.host.out->get_direct_mem_ptr(p, dmi));
  const auto read = access(w.hbm2.host, where + 64, 8);
  EXPECT_EQ(read.status, tlm::TLM_GENERIC_ERROR_RESPONSE);
  EXPECT_EQ(read.extension.error.address, where + 64);
  EXPECT_FALSE(access(w.hbm2.host, where, 8).dmi_allowed) << "its neighbour is readable, not by pointer";
  EXPECT_EQ(access(w.hbm2.host, where + 64, 64, true).status, tlm::TLM_OK_RESPONSE);
  EXPECT_TRUE(w.hbm2.host.out->get_direct_mem_ptr(p, dmi));
}

TEST_F(dram_test, byte_enables_repeat) {
  std::array<std::uint8_t, 8> data{1, 2, 3, 4, 5, 6, 7, 8}, stored{};
  std::array<std::uint8_t, 2> enable{TLM_BYTE_DISABLED, TLM_BYTE_ENABLED};
  w.hbm2.controller.store().poke(256, stored);
  tlm::tlm_generic_payload p;
  p.set_write();
  p.set_address(base + 256);
  p.set_data_ptr(data.data());
  p.set_data_length(8);
  p.set_streaming_width(8);
  p.set_byte_enable_ptr(enable.data());
  p.set_byte_enable_length(2);
  sc_core::sc_time delay;
  w.hbm2.host.out->b_transport(p, delay);
  w.hbm2.controller.store().peek(256, stored);
  EXPECT_EQ(stored, (std::array<std::uint8_t, 8>{0, 2, 0, 4, 0, 6, 0, 8}));
}

TEST_F(dram_test, observers_tell_the_host_from_the_fabric) {
  std::vector<origin> seen;
  const auto id = w.hbm2.controller.store().watch(
      {0, 64}, {.host = true, .fabric = true}, [&](origin who, std::uint64_t, std::uint64_t) { seen.push_back(who); });
  access(w.hbm2.host, base, 8, true);
  access(w.hbm2.channel[0], base + 32, 8, true);
  access(w.hbm2.channel[0], base + 64, 8, true);
  access(w.hbm2.host, base, 8);
  w.hbm2.controller.store().unwatch(id);
  EXPECT_EQ(seen, (std::vector{origin::host, origin::fabric}));
}

TEST(dram_config, says_which_key_is_impossible) {
  auto c = config("hbm2");
  c.channels = 65;
  EXPECT_EQ(refusal(c), "dram.channels: 65; expected 1 to 64");
  c = config("hbm2");
  c.size = 1000;
  EXPECT_EQ(refusal(c), "dram.size_mib: 1000 bytes; expected whole MiB, from 1 MiB to 1 TiB");
  c = config("hbm2", 12);
  EXPECT_EQ(refusal(c).substr(0, 26), "dram.width_bits: expected ");
  EXPECT_EQ(refusal(config("lpddr4_2400")), "accepted");
}
