// UART: ns16550a with 16-byte FIFOs, one byte per register. Names and bits of the PC16550D data sheet.
#pragma once

#include "sw_stack/hal/registers.hpp"

namespace acf::hal::uart {

inline constexpr std::uint32_t fifo_depth = 16;

inline constexpr reg rbr{"RBR", 0, 1, 0, access::ro, "Receiver buffer: takes the oldest character out of the FIFO."};
inline constexpr reg thr{"THR", 0, 1, 0, access::wo, "Transmitter holding: puts a character into the FIFO."};
inline constexpr reg ier{"IER",
                         1,
                         1,
                         0,
                         {{"RECEIVED", 0, 1, access::rw, "characters up to the trigger level, or waiting for long"},
                          {"EMPTY", 1, 1, access::rw, "the transmitter FIFO has become empty"},
                          {"LINE", 2, 1, access::rw, "an error bit of LSR is set"},
                          {"MODEM", 3, 1, access::rw, "a change bit of MSR is set"}},
                         "Interrupt enable."};

// IIR.CAUSE, the most urgent first.
enum class cause : std::uint32_t {
  line = 0b0110,     // cleared by reading LSR
  received = 0b0100, // cleared by reading RBR below the trigger level
  timeout = 0b1100,  // characters below the trigger level and nothing happened for four character times
  empty = 0b0010,    // cleared by reading IIR or writing THR
  modem = 0b0000,    // cleared by reading MSR
  none = 0b0001,
};
inline constexpr reg iir{"IIR",
                         2,
                         1,
                         0x01,
                         {{"CAUSE", 0, 4, access::ro, "1 none 6 line 4 received 12 timeout 2 empty 0 modem"},
                          {"FIFOS", 6, 2, access::ro, "3 while the FIFOs are enabled"}},
                         "Interrupt identification."};
inline constexpr reg fcr{"FCR",
                         2,
                         1,
                         0,
                         {{"ENABLE", 0, 1, access::wo, "use the FIFOs; a change empties both"},
                          {"CLEAR_RECEIVER", 1, 1, access::wo, "empty the receiver FIFO"},
                          {"CLEAR_TRANSMITTER", 2, 1, access::wo, "empty the transmitter FIFO"},
                          {"DMA_MODE", 3, 1, access::wo, "no effect"},
                          {"TRIGGER", 6, 2, access::wo, "receiver trigger level: 1, 4, 8, 14 characters"}},
                         "FIFO control."};
inline constexpr reg lcr{"LCR",
                         3,
                         1,
                         0,
                         {{"BITS", 0, 2, access::rw, "5 to 8 data bits"},
                          {"STOP", 2, 1, access::rw, "two stop bits"},
                          {"PARITY", 3, 3, access::rw, "parity"},
                          {"BREAK", 6, 1, access::rw, "send a break"},
                          {"DLAB", 7, 1, access::rw, "offsets 0 and 1 are the divisor latch"}},
                         "Line control. Of its bits only DLAB has an effect."};
inline constexpr reg mcr{"MCR",
                         4,
                         1,
                         0,
                         {{"DTR", 0, 1, access::rw, "data terminal ready"},
                          {"RTS", 1, 1, access::rw, "request to send"},
                          {"OUT1", 2, 1, access::rw, "output 1"},
                          {"OUT2", 3, 1, access::rw, "output 2"},
                          {"LOOP", 4, 1, access::rw, "transmitter to receiver, modem outputs to modem inputs"}},
                         "Modem control."};
inline constexpr reg lsr{"LSR",
                         5,
                         1,
                         0x60,
                         {{"READY", 0, 1, access::ro, "a character has been received"},
                          {"OVERRUN", 1, 1, access::ro, "a character was lost; cleared by reading"},
                          {"PARITY", 2, 1, access::ro, "always 0"},
                          {"FRAMING", 3, 1, access::ro, "always 0"},
                          {"BREAK", 4, 1, access::ro, "always 0"},
                          {"HOLDING_EMPTY", 5, 1, access::ro, "the transmitter FIFO is empty"},
                          {"EMPTY", 6, 1, access::ro, "everything has been sent"},
                          {"FIFO_ERROR", 7, 1, access::ro, "always 0"}},
                         "Line status."};
inline constexpr reg msr{"MSR",
                         6,
                         1,
                         0xB0,
                         {{"CTS_CHANGED", 0, 1, access::ro, "cleared by reading"},
                          {"DSR_CHANGED", 1, 1, access::ro, "cleared by reading"},
                          {"RI_ENDED", 2, 1, access::ro, "cleared by reading"},
                          {"DCD_CHANGED", 3, 1, access::ro, "cleared by reading"},
                          {"CTS", 4, 1, access::ro, "clear to send; RTS in loop mode"},
                          {"DSR", 5, 1, access::ro, "data set ready; DTR in loop mode"},
                          {"RI", 6, 1, access::ro, "ring indicator; OUT1 in loop mode"},
                          {"DCD", 7, 1, access::ro, "carrier detect; OUT2 in loop mode"}},
                         "Modem status. A terminal is always connected."};
inline constexpr reg scr{"SCR", 7, 1, 0, access::rw, "Scratch."};

inline constexpr reg registers[] = {rbr, thr, ier, iir, fcr, lcr, mcr, lsr, msr, scr};
inline constexpr register_block block = make_block("UART", 0x100, registers, "Console: ns16550a.", {true, false});

// What offsets 0 and 1 are while LCR.DLAB is set.
inline constexpr reg dll{"DLL", 0, 1, 12, access::rw, "Divisor latch, low. Kept, but the line has its own pace."};
inline constexpr reg dlm{"DLM", 1, 1, 0, access::rw, "Divisor latch, high."};
inline constexpr reg divisor_registers[] = {dll, dlm};
inline constexpr register_block divisor_block =
    make_block("UART_DIVISOR", 2, divisor_registers, "In the place of UART.RBR, THR and IER while LCR.DLAB is set.");

} // namespace acf::hal::uart
