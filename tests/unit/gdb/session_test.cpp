// The conversation, packet by packet, with a machine of two harts that only remembers what it is told.
#include "platform/gdb/packet.hpp"
#include "platform/gdb/session.hpp"
#include "tests/unit/gdb/fake_target.hpp"
#include <gtest/gtest.h>
#include <random>

using namespace acf::platform::gdb;
using acf::test::fake_target;

namespace {

struct conversation : testing::Test {
  fake_target target;
  session s{target};
  std::string say(std::string_view packet) { return s.handle(packet).reply.value_or("(nothing)"); }
};
using gdb_session = conversation;

TEST_F(gdb_session, registers_of_the_selected_hart) {
  target.values[1][32] = 0x80001234;
  EXPECT_EQ(say("Hg2"), "OK");
  EXPECT_EQ(say("p20"), "3412008000000000");
  EXPECT_EQ(say("P341=0100000000000000"), "OK") << "mstatus is 0x41 + 0x300";
  EXPECT_EQ(target.values[1][0x341], 1u);
  EXPECT_EQ(target.values[0].count(0x341), 0u);
  EXPECT_EQ(say("p44"), "00000000") << "fcsr is 32 bits wide";
  const std::string all = say("g");
  EXPECT_EQ(all.size(), 65u * 16);
  EXPECT_EQ(all.substr(32 * 16, 16), "3412008000000000");
  EXPECT_EQ(say("G" + std::string(16, '0') + "0200000000000000"), "OK");
  EXPECT_EQ(target.values[1][1], 2u);
}
TEST_F(gdb_session, memory_in_hexadecimal_and_binary) {
  EXPECT_EQ(say("M1000,3:010203"), "OK");
  EXPECT_EQ(say("m1000,4"), "01020300");
  EXPECT_EQ(say(std::string("X1002,2:\0#", 10)), "OK");
  EXPECT_EQ(say("m1000,4"), "01020023");
  EXPECT_EQ(say("X1000,0:"), "OK");
  EXPECT_EQ(say("m10fe,8"), "0000") << "as much as there is";
  EXPECT_EQ(say("m0,4"), "E0e");
  EXPECT_EQ(say("M1000,2:01"), "E16") << "fewer bytes than announced";
}
TEST_F(gdb_session, stop_points_come_and_go) {
  EXPECT_EQ(say("Z0,80000000,4"), "OK");
  EXPECT_EQ(say("Z0,80000000,4"), "OK");
  EXPECT_EQ(say("Z2,1000,8"), "OK");
  ASSERT_EQ(target.points.size(), 2u);
  EXPECT_EQ(say("z0,80000000,4"), "OK");
  EXPECT_EQ(say("z0,80000000,4"), "OK");
  ASSERT_EQ(target.points.size(), 1u);
  EXPECT_EQ(target.points[0], (stop_point{stop_point::write, 0x1000, 8}));
  EXPECT_EQ(say("Z5,0,0"), "");
  EXPECT_EQ(say("Z2,ffffffffffffffff,8"), "E16");
  s.close();
  EXPECT_TRUE(target.points.empty());
}
TEST_F(gdb_session, stops_say_why) {
  say("Z1,80000000,4");
  target.values[1][32] = 0x80000000;
  EXPECT_EQ(s.stopped({1, stop_kind::breakpoint, 0, false}), "T05thread:2;hwbreak:;");
  EXPECT_EQ(say("?"), "T05thread:2;hwbreak:;");
  EXPECT_EQ(say("qC"), "QC2");
  say("Z2,1004,4");
  EXPECT_EQ(s.stopped({0, stop_kind::watchpoint, 0x1000, true}), "T05thread:1;watch:1004;")
      << "an 8-byte store that covers the watched word";
  EXPECT_EQ(s.stopped({0, stop_kind::interrupted, 0, false}), "T02thread:1;");
}
TEST_F(gdb_session, resuming_and_stepping_harts) {
  answer a = s.handle("vCont;s:2;c");
  EXPECT_EQ(a.next, next_action::resume);
  EXPECT_FALSE(a.reply);
  EXPECT_EQ(target.steps, std::vector<unsigned>{1});
  target.steps.clear();
  EXPECT_EQ(s.handle("vCont;c").next, next_action::resume);
  EXPECT_EQ(s.handle("vCont;C05:-1").next, next_action::resume);
  EXPECT_TRUE(target.unwatched.empty());
  EXPECT_EQ(s.handle("vCont;c:1").next, next_action::resume);
  EXPECT_EQ(target.unwatched, std::vector<unsigned>{1});
  EXPECT_TRUE(target.steps.empty());
  EXPECT_EQ(s.handle("vCont;x").next, next_action::stay);
  EXPECT_EQ(s.handle("vCont;s:9").next, next_action::stay);
  EXPECT_EQ(s.handle("s").next, next_action::resume);
  EXPECT_EQ(target.steps, std::vector<unsigned>{0});
  s.handle("c80000100");
  EXPECT_EQ(target.values[0][32], 0x80000100u);
}
TEST_F(gdb_session, leaving) {
  say("Z0,80000000,4");
  EXPECT_EQ(s.handle("D").next, next_action::detach);
  EXPECT_TRUE(target.points.empty());
  EXPECT_EQ(s.handle("k").next, next_action::kill);
  EXPECT_EQ(session::exited(3), "W03");
}
TEST_F(gdb_session, threads_are_harts) {
  EXPECT_EQ(say("qfThreadInfo"), "m1,2");
  EXPECT_EQ(say("qsThreadInfo"), "l");
  EXPECT_EQ(say("T2"), "OK");
  EXPECT_EQ(say("T3"), "E16");
  EXPECT_EQ(say("Hg3"), "E16");
  EXPECT_EQ(from_hex(say("qThreadExtraInfo,2")), "hart 1");
}
TEST_F(gdb_session, monitor_commands) { EXPECT_EQ(from_hex(say("qRcmd," + to_hex("why"))), "heard why"); }
TEST_F(gdb_session, the_description_comes_in_pieces) {
  std::string xml;
  for (std::string part;;) {
    part = say("qXfer:features:read:target.xml:" + number(xml.size()) + ",40");
    xml += part.substr(1);
    if (part[0] == 'l') break;
  }
  EXPECT_EQ(xml, target_description(target.list));
  EXPECT_NE(xml.find("<reg name=\"mstatus\" bitsize=\"64\" type=\"uint64\" regnum=\"833\""), std::string::npos);
}
TEST_F(gdb_session, compare_sections) { // CRC-32 as GDB computes it, of four zero bytes
  EXPECT_EQ(say("qCRC:1000,4"), "Cc704dd7b");
}
TEST_F(gdb_session, unknown_packets_get_the_empty_answer) {
  for (const char* p : {"", "vMustReplyEmpty", "qTStatus", "!", "R00", "Qfoo", "~"}) EXPECT_EQ(say(p), "") << p;
}
TEST_F(gdb_session, any_packet_is_survived) {
  std::mt19937_64 random(7);
  const std::vector<std::string> seeds{"m1000,40",
                                       "M1000,2:0102",
                                       "X1000,2:ab",
                                       "p20",
                                       "P20=0000000000000000",
                                       "Z2,1000,4",
                                       "z0,1,1",
                                       "vCont;s:1;c",
                                       "qXfer:features:read:target.xml:0,100",
                                       "Hg1",
                                       "g",
                                       "qCRC:1000,8",
                                       "qRcmd,6162",
                                       "qThreadExtraInfo,1",
                                       "c1000",
                                       "C05;1000"};
  for (int n = 0; n < 100'000; ++n) {
    std::string p = seeds[random() % seeds.size()];
    for (unsigned changes = random() % 4; changes--;) {
      const std::size_t at = random() % (p.size() + 1);
      switch (random() % 3) {
      case 0: p.insert(at, 1, ",;:=0f-zZ"[random() % 9]); break;
      case 1:
        if (at < p.size()) p.erase(at, 1);
        break;
      default:
        if (at < p.size()) p[at] = static_cast<char>(random());
        break;
      }
    }
    s.handle(p);
  }
}

} // namespace
