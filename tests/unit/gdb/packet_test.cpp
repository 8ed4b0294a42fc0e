// Framing: what arrives in pieces, damaged, or from nobody's protocol.
#include "platform/gdb/packet.hpp"
#include <gtest/gtest.h>
#include <random>

using namespace acf::platform::gdb;

namespace {

TEST(gdb_packet, frames_carry_a_checksum_and_escape_what_would_end_them) {
  EXPECT_EQ(frame("OK"), "$OK#9a");
  EXPECT_EQ(frame("a#b"), "$a}\x03"
                          "b#43");
}
TEST(gdb_packet, a_packet_in_single_bytes) {
  packet_reader r;
  const std::string text = frame(std::string("X80000000,4:}#$*", 16));
  for (const char c : text.substr(0, text.size() - 1)) {
    r.feed({&c, 1});
    EXPECT_FALSE(r.next());
  }
  r.feed(text.substr(text.size() - 1));
  const auto p = r.next();
  ASSERT_TRUE(p);
  EXPECT_EQ(p->what, received::packet);
  EXPECT_EQ(p->payload, "X80000000,4:}#$*");
}
TEST(gdb_packet, control_characters_between_packets) {
  packet_reader r;
  r.feed("+\x03-noise$g#67");
  EXPECT_EQ(r.next()->what, received::acknowledged);
  EXPECT_EQ(r.next()->what, received::interrupt);
  EXPECT_EQ(r.next()->what, received::rejected);
  EXPECT_EQ(r.next()->payload, "g");
  EXPECT_FALSE(r.next());
}
TEST(gdb_packet, a_wrong_checksum_is_damage) {
  packet_reader r;
  r.feed("$g#00$g#zz$g#67");
  EXPECT_EQ(r.next()->what, received::damaged);
  EXPECT_EQ(r.next()->what, received::damaged);
  EXPECT_EQ(r.next()->what, received::packet);
}
TEST(gdb_packet, a_packet_begun_again_forgets_the_first_try) {
  packet_reader r;
  r.feed("$m800$g#67");
  EXPECT_EQ(r.next()->payload, "g");
}
TEST(gdb_packet, endless_packets_take_no_endless_memory) {
  packet_reader r(100);
  r.feed("$" + std::string(1'000'000, 'x') + "#00$g#67");
  EXPECT_EQ(r.next()->what, received::damaged);
  EXPECT_EQ(r.next()->payload, "g");
}
TEST(gdb_packet, any_bytes_are_survived) {
  std::mt19937_64 random(1);
  packet_reader r(1000);
  for (int n = 0; n < 20'000; ++n) {
    std::string bytes(random() % 50, '\0');
    for (char& c : bytes) c = random() % 3 ? "$#}+-\x03*0"[random() % 8] : static_cast<char>(random());
    r.feed(bytes);
    while (r.next()) {
    }
  }
}
TEST(gdb_packet, numbers) {
  std::string_view text = "8000000000000000,10";
  EXPECT_EQ(take_hex(text), 0x8000000000000000u);
  EXPECT_EQ(text, ",10");
  text = "10000000000000000";
  EXPECT_FALSE(take_hex(text)) << "more than 64 bits";
  EXPECT_EQ(little_endian(0x1122, 4), "22110000");
  EXPECT_EQ(little_endian_value("2211"), 0x1122u);
  EXPECT_FALSE(little_endian_value("221"));
}

} // namespace
