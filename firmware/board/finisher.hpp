#pragma once
// sifive,test0: ends the run.
namespace acf::board {
[[noreturn]] void finish(int code); // 0 passes; other codes are handed out as the exit status, modulo 2^16
[[noreturn]] void restart();        // resets the machine
} // namespace acf::board
