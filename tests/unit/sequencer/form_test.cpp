// What a command says in bits that mean nothing: refused, whatever the command is.
#include "tests/chip/job.hpp"

#include <gtest/gtest.h>

namespace acf::test {
namespace {

using hal::tile::error;
// All that this chip executes.
constexpr opcode all[] = {opcode::defview,     opcode::setreg,       opcode::loop,     opcode::sem,
                          opcode::fence,       opcode::copy,         opcode::convert,  opcode::gather,
                          opcode::scatter,     opcode::transpose,    opcode::score,    opcode::select_k,
                          opcode::mask_update, opcode::mm,           opcode::sddmm,    opcode::ewise,
                          opcode::rowred,      opcode::softmax_xent, opcode::update,   opcode::counters,
                          opcode::nm_select,   opcode::dts_store,    opcode::sparsify, opcode::pool,
                          opcode::norm,        opcode::gradients,    opcode::reduce};

void refused(chip& c, const hal::command& command, error cause, std::uint64_t address) {
  job j(c);
  j.write(hal::tile::control, 1);
  j.place(64);
  j.add(opcode::setreg, {1, hal::setreg_op::set, 1});
  j.add(static_cast<opcode>(command.op)) = command;
  j.ring_doorbell();
  j.finish();
  EXPECT_EQ(j.cause(), cause) << "opcode " << unsigned{command.op};
  EXPECT_EQ(j.read(hal::tile::error_address), address) << "opcode " << unsigned{command.op};
  EXPECT_EQ(j.read(hal::tile::error_index), 1u);
}

TEST(form, unknown_flags_and_reserved_fields_are_refused_in_every_command) {
  chip c("chip", std::vector<std::string>{"mesh.width=1", "mesh.height=1"});
  c.run([&] {
    for (const auto op : all) {
      const hal::command plain{.op = static_cast<std::uint8_t>(op)};
      for (unsigned bit = 0; bit < 8; ++bit) {
        if (hal::flag::known >> bit & 1) continue;
        auto flagged = plain;
        flagged.flags = static_cast<std::uint8_t>(1u << bit);
        refused(c, flagged, error::bad_parameter, 24);
      }
      auto reserved = plain;
      reserved.reserved0 = 0x8000'0000;
      refused(c, reserved, error::bad_parameter, 25);
      reserved = plain;
      reserved.reserved1 = 1;
      refused(c, reserved, error::bad_parameter, 25);
    }
  });
}

TEST(form, an_opcode_that_does_not_exist_is_said_first) {
  chip c("chip", std::vector<std::string>{"mesh.width=1", "mesh.height=1"});
  c.run([&] { refused(c, {.op = 222, .flags = 0xF0}, error::bad_opcode, 222); });
}

TEST(form, known_flags_are_taken_where_they_mean_nothing) {
  chip c("chip", std::vector<std::string>{"mesh.width=1", "mesh.height=1"});
  c.run([&] {
    job j(c);
    j.add(opcode::setreg, {1, hal::setreg_op::set, 5}).flags = hal::flag::channel | hal::flag::compress;
    j.ring_doorbell();
    j.finish();
    EXPECT_EQ(j.cause(), error::none);
    EXPECT_EQ(j.scalar(1), 5u);
  });
}

} // namespace
} // namespace acf::test
