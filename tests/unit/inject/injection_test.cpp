#include "platform/inject/injection.hpp"

#include "platform/config/input_error.hpp"

#include <gtest/gtest.h>

namespace {

using namespace acf::platform;
using acf::noc::packet_kind;

injection parse(const std::string& text) { return parse_injection(text, config{}); }

TEST(injection, at_a_time_into_memory) {
  const auto i = parse("t=1.5us:dram@0x90000010:write=00fF12");
  EXPECT_EQ(i.when, injection::event::time);
  EXPECT_EQ(i.number, 1'500'000u);
  EXPECT_EQ(i.address, 0x9000'0010u);
  EXPECT_EQ(i.bytes, (std::vector<std::uint8_t>{0x00, 0xFF, 0x12}));
}

TEST(injection, into_the_nth_packet_of_a_kind) {
  const auto i = parse("packet=12/send_data:packet:flip=100");
  EXPECT_EQ(i.number, 12u);
  EXPECT_EQ(i.kind, packet_kind::send_data);
  EXPECT_EQ(i.amount, 100u);
  EXPECT_FALSE(parse("packet=12:packet:flip=100").kind);
}

TEST(injection, on_a_link_and_a_line_and_in_a_tile) {
  const auto link = parse("marker=0:link(2,1)->(3,1):stall=500");
  EXPECT_EQ((std::array{link.x, link.y, link.x1, link.y1}), (std::array{2u, 1u, 3u, 1u}));
  EXPECT_EQ(parse("fence=2:irq=watchdog:drop").what, injection::fault::drop);
  EXPECT_EQ(parse("t=0s:sram(3,3)@0x10:flip=63").address, 0x10u);
}

TEST(injection, that_makes_no_sense_is_refused) {
  for (const auto* text :
       {"", "t=1us", "t=1:dram@0x90000000:error", "packet=1:packet:stall=3", "fence=0:irq=uart:drop",
        "t=1us:dram@0x90000000:flip=64", "t=1us:link(0,0)->(0,0):stall=1", "t=1us:sram(4,0)@0:flip=1",
        "t=1us:dram@0x90000000:write=", "t=infus:irq=uart:drop", "t=nanus:irq=uart:drop"})
    EXPECT_THROW(parse(text), input_error) << text;
}

} // namespace
