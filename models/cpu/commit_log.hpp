// Every retired instruction as a line of text, in the format of Spike's commit log (--log-commits):
//
//   core   0: 3 0x0000000080000010 (0x00b52023) mem 0x0000000080001000 0x0000002a
//   hart id, privilege, pc, (instruction), then what it did: registers written, CSRs written, memory read, memory
//   written
//
// Registers come before CSRs, CSRs in the order of their numbers. Watching instructions makes a hart step through them
// one by one: 50 to 80 times slower, in the same cycles.
#pragma once
#include "models/cpu/observer.hpp"
#include <cstdio>
#include <string>

namespace acf::cpu {

class commit_log : public observer {
public:
  explicit commit_log(std::FILE* to) : file(to) {} // not owned; one log may serve several harts
  ~commit_log() override { flush(); }
  commit_log(const commit_log&) = delete;
  commit_log& operator=(const commit_log&) = delete;

  bool wants_instructions() const override { return true; }
  void on_retired(const hart& h, const retired& what) override;
  void flush();

private:
  std::FILE* file;
  std::string text;
};

std::string commit_line(const hart& h, const retired& what); // without the end of the line

} // namespace acf::cpu
