// Who acknowledges what, and what becomes of packets that a debugger has sent again.
#include "platform/gdb/server.hpp"
#include "tests/unit/gdb/fake_target.hpp"
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

using namespace acf::platform::gdb;
using acf::test::fake_target;

namespace {

const std::string supported = frame("qSupported"), must_be_empty = frame("vMustReplyEmpty"), why = frame("?");

// A pipe on which everything that a debugger will ever say has arrived already.
class spoken final : public connection {
public:
  spoken(const std::string& bytes, std::string& answers) : said(answers) {
    post(event::opened);
    post(event::data, bytes);
    post(event::closed);
  }
  void send(std::string_view bytes) override { said += bytes; }
  std::string where() const override { return "here"; }
  bool reopens() const override { return false; }

private:
  std::string& said;
};

// What the debugger gets to hear.
std::string answers(const std::string& bytes) {
  fake_target target;
  std::string said;
  server s(target, std::make_unique<spoken>(bytes, said), {});
  EXPECT_TRUE(s.wait_for_debugger());
  s.stopped({0, stop_kind::interrupted, 0, false});
  return said;
}

std::string answer(const std::string& packet) {
  fake_target target;
  return "+" + frame(*session(target).handle(packet).reply);
}

TEST(gdb_server, packets_are_acknowledged_and_answered_in_turn) {
  EXPECT_EQ(answers("+" + supported + "+" + must_be_empty + "+" + why),
            answer("qSupported") + answer("vMustReplyEmpty") + answer("?"));
}
TEST(gdb_server, a_packet_that_queued_up_more_than_once_has_one_answer) {
  EXPECT_EQ(answers("+" + supported + supported + supported + "+" + must_be_empty),
            answer("qSupported") + answer("vMustReplyEmpty"));
}
TEST(gdb_server, the_same_packet_after_an_acknowledged_answer_is_a_new_one) {
  EXPECT_EQ(answers(why + "+" + why + "+"), answer("?") + answer("?"));
}
TEST(gdb_server, the_end_of_acknowledgements_is_answered_once_too) {
  const auto no_acks = frame("QStartNoAckMode");
  EXPECT_EQ(answers(no_acks + no_acks + "+" + why + why),
            "+" + frame("OK") + frame("T02thread:1;") + frame("T02thread:1;"))
      << "without acknowledgements nothing is ever sent again";
}
TEST(gdb_server, a_rejected_answer_is_sent_again) {
  EXPECT_EQ(answers(why + "-+"), answer("?") + frame("T02thread:1;"));
}
TEST(gdb_server, a_damaged_packet_is_rejected) { EXPECT_EQ(answers("$?#00" + why), "-" + answer("?")); }

TEST(gdb_server, a_debugger_that_nobody_serves_yet_is_kept_waiting) {
  using boost::asio::ip::tcp;
  std::uint16_t port = 0;
  const auto listening = listen_tcp(0, port);
  boost::asio::io_context io;
  tcp::socket debugger(io);
  debugger.connect({boost::asio::ip::address_v4::loopback(), port});
  boost::asio::write(debugger, boost::asio::buffer(supported));
  std::string heard(2, ' ');
  boost::asio::read(debugger, boost::asio::buffer(heard));
  EXPECT_EQ(heard, "++") << "one as the acknowledgement, and one more, so that it waits on";
}

} // namespace
