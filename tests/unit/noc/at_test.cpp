// The mesh and the DRAM in at timing, by base protocol: as fast as lt when nobody is in the way, in order, and held to
// the protocol.
#include <gtest/gtest.h>

#include "at_bench.hpp"

using namespace acf;
using namespace acf::test;

int sc_main(int, char**) { return 0; }

namespace {

world& all() {
  static world w; // one elaboration per process
  return w;
}

class at : public testing::Test {
protected:
  world& w = all();
  void SetUp() override {
    w.run();
    w.fabric.routes().reset();
    for (auto* list : {&w.nodes, &w.lt_nodes})
      for (auto& n : *list) n.arrivals.clear();
  }
  void TearDown() override {
    for (auto& c : w.checkers) {
      EXPECT_TRUE(c.complaints.empty()) << c.name() << ": " << (c.complaints.empty() ? "" : c.complaints.front());
      EXPECT_TRUE(c.quiet()) << c.name();
    }
  }
  cycles latency(node_id from, request& r) {
    w.at(from).ask(r);
    w.run();
    EXPECT_TRUE(r.over);
    EXPECT_EQ(r.payload.get_response_status(), tlm::TLM_OK_RESPONSE);
    return r.done - r.asked;
  }
  cycles lt_latency(node_id from, request& r) {
    auto delay = sc_core::SC_ZERO_TIME;
    auto& n = from == w.fabric.where().host_bridge() ? w.lt_nodes.back() : w.lt_nodes[from];
    n.out->b_transport(r.payload, delay);
    EXPECT_EQ(r.payload.get_response_status(), tlm::TLM_OK_RESPONSE);
    const auto took = delay.value() / 1000;
    w.run();
    return took;
  }
};

TEST_F(at, a_send_takes_as_long_as_in_lt_when_nobody_is_in_the_way) {
  for (const std::uint32_t bytes : {64u, 300u, 1024u})
    for (const node_id to : {1, 5, 15, 12}) {
      const auto ours = latency(0, w.make(tlm::TLM_WRITE_COMMAND, 0, bytes, destination::node(to)));
      EXPECT_EQ(ours, lt_latency(0, w.make(tlm::TLM_WRITE_COMMAND, 0, bytes, destination::node(to))));
      const auto d = to % 4 + to / 4;
      EXPECT_EQ(ours, (4u * d + (bytes + 63) / 64 + 5) + (4u * d + 1 + 5)); // there, and the acknowledge
    }
}

TEST_F(at, a_multicast_too) {
  const auto set = destination::tiles(hal::tile_set(0, 0, 3, 3));
  EXPECT_EQ(latency(0, w.make(tlm::TLM_WRITE_COMMAND, 0, 1024, set)),
            lt_latency(0, w.make(tlm::TLM_WRITE_COMMAND, 0, 1024, set)));
}

TEST_F(at, a_report_to_the_host_bridge_passes_its_narrow_interface) {
  const auto host = destination::node(w.fabric.where().host_bridge());
  for (const node_id from : {0, 15}) {
    auto& r = w.make(tlm::TLM_IGNORE_COMMAND, 0, 0, host);
    r.extension.signal = {1, 1};
    auto& s = w.make(tlm::TLM_IGNORE_COMMAND, 0, 0, host);
    s.extension.signal = {1, 1};
    EXPECT_EQ(latency(from, r), lt_latency(from, s));
  }
}

TEST_F(at, an_idle_DRAM_answers_a_read_within_30_percent_of_lt) {
  for (const std::uint32_t bytes : {64u, 256u, 1024u})
    for (const auto command : {tlm::TLM_READ_COMMAND, tlm::TLM_WRITE_COMMAND}) {
      const auto address = base + 0x4000 * bytes; // rows of their own
      const auto ours = latency(5, w.make(command, address, bytes, destination::dram()));
      const auto lt = lt_latency(5, w.make(command, address, bytes, destination::dram()));
      // A write is acknowledged as soon as the buffer has it; lt counts its bus time.
      if (command == tlm::TLM_READ_COMMAND)
        EXPECT_NEAR(static_cast<double>(ours), static_cast<double>(lt), 0.3 * static_cast<double>(lt)) << bytes;
      else
        EXPECT_LE(ours, lt);
    }
}

TEST_F(at, bytes_written_are_read_back) {
  auto& out = w.make(tlm::TLM_WRITE_COMMAND, base + 4096, 1024, destination::dram());
  for (std::size_t i = 0; i < out.bytes.size(); ++i) out.bytes[i] = static_cast<std::uint8_t>(i * 7);
  auto& in = w.make(tlm::TLM_READ_COMMAND, base + 4096, 1024, destination::dram());
  for (auto* r : {&out, &in}) r->extension.stream = 1; // in this order
  w.at(3).ask(out);
  w.at(3).ask(in);
  w.run();
  EXPECT_TRUE(in.over);
  EXPECT_EQ(in.bytes, out.bytes);
}

TEST_F(at, a_stream_stays_in_order_whatever_overtakes_whom) {
  std::mt19937 random(5);
  std::vector<request*> all;
  for (int i = 0; i < 60; ++i)
    for (const node_id from : {0, 1, 4, 5}) {
      auto& r = w.make(tlm::TLM_WRITE_COMMAND, static_cast<std::uint64_t>(i), 64 * (1 + random() % 16),
                       destination::node(15));
      r.extension.stream = 2;
      r.bytes[0] = static_cast<std::uint8_t>(from);
      all.push_back(&r);
      w.at(from).ask(r);
    }
  w.run();
  for (const auto* r : all) EXPECT_TRUE(r->over);
  std::map<std::uint8_t, std::uint64_t> next;
  for (const auto& a : w.at(15).arrivals) EXPECT_EQ(a.address, next[a.first]++) << int{a.first};
  EXPECT_EQ(w.at(15).arrivals.size(), 240u);
}

TEST_F(at, everything_at_once_ends_and_keeps_to_the_protocol) {
  std::mt19937 random(11);
  std::vector<request*> all;
  for (int i = 0; i < 3000; ++i) {
    const auto from = static_cast<node_id>(random() % 16);
    const auto bytes = 64 * (1 + random() % 16);
    request* r = nullptr;
    switch (random() % 4) {
    case 0: r = &w.make(tlm::TLM_READ_COMMAND, base + random() % 4096 * 1024, bytes, destination::dram()); break;
    case 1: r = &w.make(tlm::TLM_WRITE_COMMAND, base + random() % 4096 * 1024, bytes, destination::dram()); break;
    case 2: r = &w.make(tlm::TLM_WRITE_COMMAND, 0, bytes, destination::node(random() % 16)); break;
    default: r = &w.make(tlm::TLM_WRITE_COMMAND, 0, bytes, destination::tiles(hal::tile_set(1, 1, 2, 3)));
    }
    r->extension.stream = static_cast<std::uint8_t>(random() % 3);
    all.push_back(r);
    w.at(from).ask(*r);
  }
  w.run(200'000);
  std::size_t over = 0;
  for (const auto* r : all) over += r->over;
  EXPECT_EQ(over, all.size());
  const auto c = w.fabric.counters();
  EXPECT_GT(c.flit_hops, 0u);
  EXPECT_EQ(w.fabric.drained(), w.fabric.now());
}

} // namespace
