/* Registers and commands of the Adaptive Compute Fabric, made by `acf-vp regs --format header`. */
#ifndef ACF_REGISTERS_H
#define ACF_REGISTERS_H

/* Defines also serve the assembler. Addresses: ACF_BLOCK_BASE + instance * ACF_BLOCK_INSTANCE_STRIDE + ACF_BLOCK_REGISTER
   + element * ACF_BLOCK_REGISTER_STRIDE. */
#ifndef __ASSEMBLER__
#include <stdint.h>

/* A register of the first instance of its block. Masks tell what each bit does:
   read_mask   reads show it (read only, read and write, write one to clear)
   write_mask  keeps what is written      w1c_mask  writing one clears it
   w1s_mask    writing one starts something; reads as zero
   wo_mask     is write only; a register with no other bits cannot be read
   A bit in no mask is reserved: it reads as zero. A register with neither write_mask, w1c_mask, w1s_mask nor wo_mask
   cannot be written. reset_mask marks the bits for which `reset` holds in every instance and array element. */
struct acf_register {
  const char *name;
  uint64_t address;
  uint32_t width; /* bytes; the only size of access */
  uint32_t count; /* of equal registers ... */
  uint32_t stride; /* ... so many bytes apart */
  uint64_t reset, reset_mask;
  uint64_t read_mask, write_mask, w1c_mask, w1s_mask, wo_mask;
};

/* `instances` equal blocks, `instance_stride` bytes apart. Writing a reserved bit is an access fault unless the block
   ignores such writes. */
struct acf_block {
  const char *name;
  uint64_t base;
  uint32_t instances;
  uint64_t instance_stride;
  int ignores_reserved;
  uint32_t register_count;
  const struct acf_register *registers;
};
#endif

/* FINISHER: Test finisher. */
#define ACF_FINISHER_BASE 0x100000
#define ACF_FINISHER_INSTANCES 1
#define ACF_FINISHER_INSTANCE_STRIDE 0x0
#define ACF_FINISHER_FINISH 0x0
#define ACF_FINISHER_FINISH_REQUEST_LSB 0
#define ACF_FINISHER_FINISH_REQUEST_MASK 0xFFFF
#define ACF_FINISHER_FINISH_CODE_LSB 16
#define ACF_FINISHER_FINISH_CODE_MASK 0xFFFF0000
#ifndef __ASSEMBLER__
static const struct acf_register acf_finisher_registers[] = {
  {"FINISH", 0x100000, 4, 1, 0, 0x0, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0xFFFFFFFF, 0x0},
};
#endif

/* WATCHDOG: Watchdog. */
#define ACF_WATCHDOG_BASE 0x102000
#define ACF_WATCHDOG_INSTANCES 1
#define ACF_WATCHDOG_INSTANCE_STRIDE 0x0
#define ACF_WATCHDOG_CONTROL 0x0
#define ACF_WATCHDOG_CONTROL_ENABLE_LSB 0
#define ACF_WATCHDOG_CONTROL_ENABLE_MASK 0x1
#define ACF_WATCHDOG_TIMEOUT 0x4
#define ACF_WATCHDOG_TIMEOUT_VALUE_LSB 0
#define ACF_WATCHDOG_TIMEOUT_VALUE_MASK 0xFFFFFFFF
#define ACF_WATCHDOG_COUNT 0x8
#define ACF_WATCHDOG_COUNT_VALUE_LSB 0
#define ACF_WATCHDOG_COUNT_VALUE_MASK 0xFFFFFFFF
#define ACF_WATCHDOG_STATUS 0xC
#define ACF_WATCHDOG_STATUS_TIMED_OUT_LSB 0
#define ACF_WATCHDOG_STATUS_TIMED_OUT_MASK 0x1
#define ACF_WATCHDOG_KICK 0x10
#define ACF_WATCHDOG_KICK_VALUE_LSB 0
#define ACF_WATCHDOG_KICK_VALUE_MASK 0xFFFFFFFF
#ifndef __ASSEMBLER__
static const struct acf_register acf_watchdog_registers[] = {
  {"CONTROL", 0x102000, 4, 1, 0, 0x0, 0x1, 0x1, 0x1, 0x0, 0x0, 0x0},
  {"TIMEOUT", 0x102004, 4, 1, 0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0},
  {"COUNT", 0x102008, 4, 1, 0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"STATUS", 0x10200C, 4, 1, 0, 0x0, 0x1, 0x1, 0x0, 0x1, 0x0, 0x0},
  {"KICK", 0x102010, 4, 1, 0, 0x0, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0, 0xFFFFFFFF},
};
#endif

/* CLINT: Core-local interruptor. Registers of harts that are not there are not there. */
#define ACF_CLINT_BASE 0x2000000
#define ACF_CLINT_INSTANCES 1
#define ACF_CLINT_INSTANCE_STRIDE 0x0
#define ACF_CLINT_MSIP 0x0
#define ACF_CLINT_MSIP_PENDING_LSB 0
#define ACF_CLINT_MSIP_PENDING_MASK 0x1
#define ACF_CLINT_MTIMECMP 0x4000
#define ACF_CLINT_MTIMECMP_VALUE_LSB 0
#define ACF_CLINT_MTIMECMP_VALUE_MASK 0xFFFFFFFFFFFFFFFF
#define ACF_CLINT_MTIME 0xBFF8
#define ACF_CLINT_MTIME_VALUE_LSB 0
#define ACF_CLINT_MTIME_VALUE_MASK 0xFFFFFFFFFFFFFFFF
#ifndef __ASSEMBLER__
static const struct acf_register acf_clint_registers[] = {
  {"MSIP", 0x2000000, 4, 1, 4, 0x0, 0x1, 0x1, 0x1, 0x0, 0x0, 0x0},
  {"MTIMECMP", 0x2004000, 8, 1, 8, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x0, 0x0, 0x0},
  {"MTIME", 0x200BFF8, 8, 1, 0, 0x0, 0x0, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x0, 0x0, 0x0},
};
#endif

/* PLIC: Platform-level interrupt controller. Contexts of harts that are not there are not there. */
#define ACF_PLIC_BASE 0xC000000
#define ACF_PLIC_INSTANCES 1
#define ACF_PLIC_INSTANCE_STRIDE 0x0
#define ACF_PLIC_PRIORITY 0x0
#define ACF_PLIC_PRIORITY_COUNT 97
#define ACF_PLIC_PRIORITY_STRIDE 0x4
#define ACF_PLIC_PRIORITY_LEVEL_LSB 0
#define ACF_PLIC_PRIORITY_LEVEL_MASK 0x7
#define ACF_PLIC_PENDING 0x1000
#define ACF_PLIC_PENDING_COUNT 4
#define ACF_PLIC_PENDING_STRIDE 0x4
#define ACF_PLIC_PENDING_SOURCES_LSB 0
#define ACF_PLIC_PENDING_SOURCES_MASK 0xFFFFFFFF
#define ACF_PLIC_ENABLE0 0x2000
#define ACF_PLIC_ENABLE0_COUNT 2
#define ACF_PLIC_ENABLE0_STRIDE 0x80
#define ACF_PLIC_ENABLE0_SOURCES_LSB 0
#define ACF_PLIC_ENABLE0_SOURCES_MASK 0xFFFFFFFF
#define ACF_PLIC_ENABLE1 0x2004
#define ACF_PLIC_ENABLE1_COUNT 2
#define ACF_PLIC_ENABLE1_STRIDE 0x80
#define ACF_PLIC_ENABLE1_SOURCES_LSB 0
#define ACF_PLIC_ENABLE1_SOURCES_MASK 0xFFFFFFFF
#define ACF_PLIC_ENABLE2 0x2008
#define ACF_PLIC_ENABLE2_COUNT 2
#define ACF_PLIC_ENABLE2_STRIDE 0x80
#define ACF_PLIC_ENABLE2_SOURCES_LSB 0
#define ACF_PLIC_ENABLE2_SOURCES_MASK 0xFFFFFFFF
#define ACF_PLIC_ENABLE3 0x200C
#define ACF_PLIC_ENABLE3_COUNT 2
#define ACF_PLIC_ENABLE3_STRIDE 0x80
#define ACF_PLIC_ENABLE3_SOURCES_LSB 0
#define ACF_PLIC_ENABLE3_SOURCES_MASK 0xFFFFFFFF
#define ACF_PLIC_THRESHOLD 0x200000
#define ACF_PLIC_THRESHOLD_COUNT 2
#define ACF_PLIC_THRESHOLD_STRIDE 0x1000
#define ACF_PLIC_THRESHOLD_LEVEL_LSB 0
#define ACF_PLIC_THRESHOLD_LEVEL_MASK 0x7
#define ACF_PLIC_CLAIM 0x200004
#define ACF_PLIC_CLAIM_COUNT 2
#define ACF_PLIC_CLAIM_STRIDE 0x1000
#define ACF_PLIC_CLAIM_SOURCE_LSB 0
#define ACF_PLIC_CLAIM_SOURCE_MASK 0x3FF
#ifndef __ASSEMBLER__
static const struct acf_register acf_plic_registers[] = {
  {"PRIORITY", 0xC000000, 4, 97, 4, 0x0, 0x7, 0x7, 0x7, 0x0, 0x0, 0x0},
  {"PENDING", 0xC001000, 4, 4, 4, 0x0, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"ENABLE0", 0xC002000, 4, 2, 128, 0x0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0},
  {"ENABLE1", 0xC002004, 4, 2, 128, 0x0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0},
  {"ENABLE2", 0xC002008, 4, 2, 128, 0x0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0},
  {"ENABLE3", 0xC00200C, 4, 2, 128, 0x0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0},
  {"THRESHOLD", 0xC200000, 4, 2, 4096, 0x0, 0x7, 0x7, 0x7, 0x0, 0x0, 0x0},
  {"CLAIM", 0xC200004, 4, 2, 4096, 0x0, 0x3FF, 0x3FF, 0x3FF, 0x0, 0x0, 0x0},
};
#endif

/* UART: Console: ns16550a. */
#define ACF_UART_BASE 0x10000000
#define ACF_UART_INSTANCES 1
#define ACF_UART_INSTANCE_STRIDE 0x0
#define ACF_UART_RBR 0x0
#define ACF_UART_RBR_VALUE_LSB 0
#define ACF_UART_RBR_VALUE_MASK 0xFF
#define ACF_UART_THR 0x0
#define ACF_UART_THR_VALUE_LSB 0
#define ACF_UART_THR_VALUE_MASK 0xFF
#define ACF_UART_IER 0x1
#define ACF_UART_IER_RECEIVED_LSB 0
#define ACF_UART_IER_RECEIVED_MASK 0x1
#define ACF_UART_IER_EMPTY_LSB 1
#define ACF_UART_IER_EMPTY_MASK 0x2
#define ACF_UART_IER_LINE_LSB 2
#define ACF_UART_IER_LINE_MASK 0x4
#define ACF_UART_IER_MODEM_LSB 3
#define ACF_UART_IER_MODEM_MASK 0x8
#define ACF_UART_IIR 0x2
#define ACF_UART_IIR_CAUSE_LSB 0
#define ACF_UART_IIR_CAUSE_MASK 0xF
#define ACF_UART_IIR_FIFOS_LSB 6
#define ACF_UART_IIR_FIFOS_MASK 0xC0
#define ACF_UART_FCR 0x2
#define ACF_UART_FCR_ENABLE_LSB 0
#define ACF_UART_FCR_ENABLE_MASK 0x1
#define ACF_UART_FCR_CLEAR_RECEIVER_LSB 1
#define ACF_UART_FCR_CLEAR_RECEIVER_MASK 0x2
#define ACF_UART_FCR_CLEAR_TRANSMITTER_LSB 2
#define ACF_UART_FCR_CLEAR_TRANSMITTER_MASK 0x4
#define ACF_UART_FCR_DMA_MODE_LSB 3
#define ACF_UART_FCR_DMA_MODE_MASK 0x8
#define ACF_UART_FCR_TRIGGER_LSB 6
#define ACF_UART_FCR_TRIGGER_MASK 0xC0
#define ACF_UART_LCR 0x3
#define ACF_UART_LCR_BITS_LSB 0
#define ACF_UART_LCR_BITS_MASK 0x3
#define ACF_UART_LCR_STOP_LSB 2
#define ACF_UART_LCR_STOP_MASK 0x4
#define ACF_UART_LCR_PARITY_LSB 3
#define ACF_UART_LCR_PARITY_MASK 0x38
#define ACF_UART_LCR_BREAK_LSB 6
#define ACF_UART_LCR_BREAK_MASK 0x40
#define ACF_UART_LCR_DLAB_LSB 7
#define ACF_UART_LCR_DLAB_MASK 0x80
#define ACF_UART_MCR 0x4
#define ACF_UART_MCR_DTR_LSB 0
#define ACF_UART_MCR_DTR_MASK 0x1
#define ACF_UART_MCR_RTS_LSB 1
#define ACF_UART_MCR_RTS_MASK 0x2
#define ACF_UART_MCR_OUT1_LSB 2
#define ACF_UART_MCR_OUT1_MASK 0x4
#define ACF_UART_MCR_OUT2_LSB 3
#define ACF_UART_MCR_OUT2_MASK 0x8
#define ACF_UART_MCR_LOOP_LSB 4
#define ACF_UART_MCR_LOOP_MASK 0x10
#define ACF_UART_LSR 0x5
#define ACF_UART_LSR_READY_LSB 0
#define ACF_UART_LSR_READY_MASK 0x1
#define ACF_UART_LSR_OVERRUN_LSB 1
#define ACF_UART_LSR_OVERRUN_MASK 0x2
#define ACF_UART_LSR_PARITY_LSB 2
#define ACF_UART_LSR_PARITY_MASK 0x4
#define ACF_UART_LSR_FRAMING_LSB 3
#define ACF_UART_LSR_FRAMING_MASK 0x8
#define ACF_UART_LSR_BREAK_LSB 4
#define ACF_UART_LSR_BREAK_MASK 0x10
#define ACF_UART_LSR_HOLDING_EMPTY_LSB 5
#define ACF_UART_LSR_HOLDING_EMPTY_MASK 0x20
#define ACF_UART_LSR_EMPTY_LSB 6
#define ACF_UART_LSR_EMPTY_MASK 0x40
#define ACF_UART_LSR_FIFO_ERROR_LSB 7
#define ACF_UART_LSR_FIFO_ERROR_MASK 0x80
#define ACF_UART_MSR 0x6
#define ACF_UART_MSR_CTS_CHANGED_LSB 0
#define ACF_UART_MSR_CTS_CHANGED_MASK 0x1
#define ACF_UART_MSR_DSR_CHANGED_LSB 1
#define ACF_UART_MSR_DSR_CHANGED_MASK 0x2
#define ACF_UART_MSR_RI_ENDED_LSB 2
#define ACF_UART_MSR_RI_ENDED_MASK 0x4
#define ACF_UART_MSR_DCD_CHANGED_LSB 3
#define ACF_UART_MSR_DCD_CHANGED_MASK 0x8
#define ACF_UART_MSR_CTS_LSB 4
#define ACF_UART_MSR_CTS_MASK 0x10
#define ACF_UART_MSR_DSR_LSB 5
#define ACF_UART_MSR_DSR_MASK 0x20
#define ACF_UART_MSR_RI_LSB 6
#define ACF_UART_MSR_RI_MASK 0x40
#define ACF_UART_MSR_DCD_LSB 7
#define ACF_UART_MSR_DCD_MASK 0x80
#define ACF_UART_SCR 0x7
#define ACF_UART_SCR_VALUE_LSB 0
#define ACF_UART_SCR_VALUE_MASK 0xFF
#ifndef __ASSEMBLER__
static const struct acf_register acf_uart_registers[] = {
  {"RBR", 0x10000000, 1, 1, 0, 0x0, 0xFF, 0xFF, 0x0, 0x0, 0x0, 0x0},
  {"THR", 0x10000000, 1, 1, 0, 0x0, 0xFF, 0x0, 0x0, 0x0, 0x0, 0xFF},
  {"IER", 0x10000001, 1, 1, 0, 0x0, 0xF, 0xF, 0xF, 0x0, 0x0, 0x0},
  {"IIR", 0x10000002, 1, 1, 0, 0x1, 0xCF, 0xCF, 0x0, 0x0, 0x0, 0x0},
  {"FCR", 0x10000002, 1, 1, 0, 0x0, 0xCF, 0x0, 0x0, 0x0, 0x0, 0xCF},
  {"LCR", 0x10000003, 1, 1, 0, 0x0, 0xFF, 0xFF, 0xFF, 0x0, 0x0, 0x0},
  {"MCR", 0x10000004, 1, 1, 0, 0x0, 0x1F, 0x1F, 0x1F, 0x0, 0x0, 0x0},
  {"LSR", 0x10000005, 1, 1, 0, 0x60, 0xFF, 0xFF, 0x0, 0x0, 0x0, 0x0},
  {"MSR", 0x10000006, 1, 1, 0, 0xB0, 0xFF, 0xFF, 0x0, 0x0, 0x0, 0x0},
  {"SCR", 0x10000007, 1, 1, 0, 0x0, 0xFF, 0xFF, 0xFF, 0x0, 0x0, 0x0},
};
#endif

/* GLOBAL: Fabric-wide identification, control, interrupts and isolation. */
#define ACF_GLOBAL_BASE 0x40000000
#define ACF_GLOBAL_INSTANCES 1
#define ACF_GLOBAL_INSTANCE_STRIDE 0x0
#define ACF_GLOBAL_ID 0x0
#define ACF_GLOBAL_ID_VALUE_LSB 0
#define ACF_GLOBAL_ID_VALUE_MASK 0xFFFFFFFF
#define ACF_GLOBAL_VERSION 0x4
#define ACF_GLOBAL_VERSION_MINOR_LSB 0
#define ACF_GLOBAL_VERSION_MINOR_MASK 0xFFFF
#define ACF_GLOBAL_VERSION_MAJOR_LSB 16
#define ACF_GLOBAL_VERSION_MAJOR_MASK 0xFFFF0000
#define ACF_GLOBAL_MESH 0x8
#define ACF_GLOBAL_MESH_WIDTH_LSB 0
#define ACF_GLOBAL_MESH_WIDTH_MASK 0xFF
#define ACF_GLOBAL_MESH_HEIGHT_LSB 8
#define ACF_GLOBAL_MESH_HEIGHT_MASK 0xFF00
#define ACF_GLOBAL_MESH_VIRTUAL_CHANNELS_LSB 16
#define ACF_GLOBAL_MESH_VIRTUAL_CHANNELS_MASK 0xFF0000
#define ACF_GLOBAL_MESH_BUFFER_FLITS_LSB 24
#define ACF_GLOBAL_MESH_BUFFER_FLITS_MASK 0xFF000000
#define ACF_GLOBAL_ENGINE 0xC
#define ACF_GLOBAL_ENGINE_LANES_LSB 0
#define ACF_GLOBAL_ENGINE_LANES_MASK 0xFFFF
#define ACF_GLOBAL_ENGINE_KIND_LSB 16
#define ACF_GLOBAL_ENGINE_KIND_MASK 0xF0000
#define ACF_GLOBAL_ENGINE_VECTOR_LANES_LSB 20
#define ACF_GLOBAL_ENGINE_VECTOR_LANES_MASK 0xFFF00000
#define ACF_GLOBAL_SRAM 0x10
#define ACF_GLOBAL_SRAM_VALUE_LSB 0
#define ACF_GLOBAL_SRAM_VALUE_MASK 0xFFFFFFFF
#define ACF_GLOBAL_DRAM 0x14
#define ACF_GLOBAL_DRAM_CHANNELS_LSB 0
#define ACF_GLOBAL_DRAM_CHANNELS_MASK 0xFF
#define ACF_GLOBAL_DRAM_SIZE_MIB_LSB 8
#define ACF_GLOBAL_DRAM_SIZE_MIB_MASK 0xFFFFFF00
#define ACF_GLOBAL_NODES 0x18
#define ACF_GLOBAL_NODES_TILES_LSB 0
#define ACF_GLOBAL_NODES_TILES_MASK 0xFFFF
#define ACF_GLOBAL_NODES_ALL_LSB 16
#define ACF_GLOBAL_NODES_ALL_MASK 0xFFFF0000
#define ACF_GLOBAL_CLOCK 0x1C
#define ACF_GLOBAL_CLOCK_VALUE_LSB 0
#define ACF_GLOBAL_CLOCK_VALUE_MASK 0xFFFFFFFF
#define ACF_GLOBAL_CONTROL 0x20
#define ACF_GLOBAL_CONTROL_RESET_LSB 0
#define ACF_GLOBAL_CONTROL_RESET_MASK 0x1
#define ACF_GLOBAL_CONTROL_ABORT_LSB 1
#define ACF_GLOBAL_CONTROL_ABORT_MASK 0x2
#define ACF_GLOBAL_CONTROL_CHECK_ROUTES_LSB 2
#define ACF_GLOBAL_CONTROL_CHECK_ROUTES_MASK 0x4
#define ACF_GLOBAL_CONTROL_ROUTE_BANK_LSB 3
#define ACF_GLOBAL_CONTROL_ROUTE_BANK_MASK 0x8
#define ACF_GLOBAL_STATUS 0x24
#define ACF_GLOBAL_STATUS_IDLE_LSB 0
#define ACF_GLOBAL_STATUS_IDLE_MASK 0x1
#define ACF_GLOBAL_STATUS_ERROR_LSB 1
#define ACF_GLOBAL_STATUS_ERROR_MASK 0x2
#define ACF_GLOBAL_IRQ_STATUS 0x28
#define ACF_GLOBAL_IRQ_STATUS_FENCE_LSB 0
#define ACF_GLOBAL_IRQ_STATUS_FENCE_MASK 0x1
#define ACF_GLOBAL_IRQ_STATUS_ERROR_LSB 1
#define ACF_GLOBAL_IRQ_STATUS_ERROR_MASK 0x2
#define ACF_GLOBAL_IRQ_STATUS_ROUTE_LSB 2
#define ACF_GLOBAL_IRQ_STATUS_ROUTE_MASK 0x4
#define ACF_GLOBAL_IRQ_STATUS_ORDER_LSB 3
#define ACF_GLOBAL_IRQ_STATUS_ORDER_MASK 0x8
#define ACF_GLOBAL_IRQ_ENABLE 0x2C
#define ACF_GLOBAL_IRQ_ENABLE_FENCE_LSB 0
#define ACF_GLOBAL_IRQ_ENABLE_FENCE_MASK 0x1
#define ACF_GLOBAL_IRQ_ENABLE_ERROR_LSB 1
#define ACF_GLOBAL_IRQ_ENABLE_ERROR_MASK 0x2
#define ACF_GLOBAL_IRQ_ENABLE_ROUTE_LSB 2
#define ACF_GLOBAL_IRQ_ENABLE_ROUTE_MASK 0x4
#define ACF_GLOBAL_IRQ_ENABLE_ORDER_LSB 3
#define ACF_GLOBAL_IRQ_ENABLE_ORDER_MASK 0x8
#define ACF_GLOBAL_DOORBELL 0x30
#define ACF_GLOBAL_DOORBELL_COUNT_LSB 0
#define ACF_GLOBAL_DOORBELL_COUNT_MASK 0xFFFFFF
#define ACF_GLOBAL_DOORBELL_RING_LSB 24
#define ACF_GLOBAL_DOORBELL_RING_MASK 0x3000000
#define ACF_GLOBAL_ERROR_TILE 0x34
#define ACF_GLOBAL_ERROR_TILE_VALUE_LSB 0
#define ACF_GLOBAL_ERROR_TILE_VALUE_MASK 0xFFFFFFFF
#define ACF_GLOBAL_ROUTE_STATUS 0x38
#define ACF_GLOBAL_ROUTE_STATUS_HOLE_LSB 0
#define ACF_GLOBAL_ROUTE_STATUS_HOLE_MASK 0x1
#define ACF_GLOBAL_ROUTE_STATUS_LOOP_LSB 1
#define ACF_GLOBAL_ROUTE_STATUS_LOOP_MASK 0x2
#define ACF_GLOBAL_ROUTE_STATUS_CYCLE_LSB 2
#define ACF_GLOBAL_ROUTE_STATUS_CYCLE_MASK 0x4
#define ACF_GLOBAL_ROUTE_AT 0x3C
#define ACF_GLOBAL_ROUTE_AT_ROUTER_LSB 0
#define ACF_GLOBAL_ROUTE_AT_ROUTER_MASK 0xFFFF
#define ACF_GLOBAL_ROUTE_AT_DESTINATION_LSB 16
#define ACF_GLOBAL_ROUTE_AT_DESTINATION_MASK 0xFFFF0000
#define ACF_GLOBAL_MARKER 0x40
#define ACF_GLOBAL_MARKER_VALUE_LSB 0
#define ACF_GLOBAL_MARKER_VALUE_MASK 0xFFFFFFFF
#define ACF_GLOBAL_FENCES 0x44
#define ACF_GLOBAL_FENCES_VALUE_LSB 0
#define ACF_GLOBAL_FENCES_VALUE_MASK 0xFFFFFFFF
#define ACF_GLOBAL_ROUTE_CYCLE_LENGTH 0x48
#define ACF_GLOBAL_ROUTE_CYCLE_LENGTH_VALUE_LSB 0
#define ACF_GLOBAL_ROUTE_CYCLE_LENGTH_VALUE_MASK 0xFFFFFFFF
#define ACF_GLOBAL_ROUTE_CYCLE 0x400
#define ACF_GLOBAL_ROUTE_CYCLE_COUNT 64
#define ACF_GLOBAL_ROUTE_CYCLE_STRIDE 0x4
#define ACF_GLOBAL_ROUTE_CYCLE_ROUTER_LSB 0
#define ACF_GLOBAL_ROUTE_CYCLE_ROUTER_MASK 0xFFFF
#define ACF_GLOBAL_ROUTE_CYCLE_PORT_LSB 16
#define ACF_GLOBAL_ROUTE_CYCLE_PORT_MASK 0xF0000
#define ACF_GLOBAL_TILE_SELECT 0x100
#define ACF_GLOBAL_TILE_SELECT_COUNT 32
#define ACF_GLOBAL_TILE_SELECT_STRIDE 0x4
#define ACF_GLOBAL_TILE_SELECT_VALUE_LSB 0
#define ACF_GLOBAL_TILE_SELECT_VALUE_MASK 0xFFFFFFFF
#define ACF_GLOBAL_WINDOW_BASE 0x200
#define ACF_GLOBAL_WINDOW_BASE_COUNT 8
#define ACF_GLOBAL_WINDOW_BASE_STRIDE 0x20
#define ACF_GLOBAL_WINDOW_BASE_VALUE_LSB 0
#define ACF_GLOBAL_WINDOW_BASE_VALUE_MASK 0xFFFFFFFFFFFFFFFF
#define ACF_GLOBAL_WINDOW_LIMIT 0x208
#define ACF_GLOBAL_WINDOW_LIMIT_COUNT 8
#define ACF_GLOBAL_WINDOW_LIMIT_STRIDE 0x20
#define ACF_GLOBAL_WINDOW_LIMIT_VALUE_LSB 0
#define ACF_GLOBAL_WINDOW_LIMIT_VALUE_MASK 0xFFFFFFFFFFFFFFFF
#define ACF_GLOBAL_WINDOW_RIGHTS 0x210
#define ACF_GLOBAL_WINDOW_RIGHTS_COUNT 8
#define ACF_GLOBAL_WINDOW_RIGHTS_STRIDE 0x20
#define ACF_GLOBAL_WINDOW_RIGHTS_READ_LSB 0
#define ACF_GLOBAL_WINDOW_RIGHTS_READ_MASK 0x1
#define ACF_GLOBAL_WINDOW_RIGHTS_WRITE_LSB 1
#define ACF_GLOBAL_WINDOW_RIGHTS_WRITE_MASK 0x2
#ifndef __ASSEMBLER__
static const struct acf_register acf_global_registers[] = {
  {"ID", 0x40000000, 4, 1, 0, 0x31464341, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"VERSION", 0x40000004, 4, 1, 0, 0x10004, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"MESH", 0x40000008, 4, 1, 0, 0x8020404, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"ENGINE", 0x4000000C, 4, 1, 0, 0x2010040, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"SRAM", 0x40000010, 4, 1, 0, 0x200, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"DRAM", 0x40000014, 4, 1, 0, 0x200008, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"NODES", 0x40000018, 4, 1, 0, 0x190010, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"CLOCK", 0x4000001C, 4, 1, 0, 0x3E8, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"CONTROL", 0x40000020, 4, 1, 0, 0x0, 0xF, 0x8, 0x8, 0x0, 0x7, 0x0},
  {"STATUS", 0x40000024, 4, 1, 0, 0x1, 0x3, 0x3, 0x0, 0x0, 0x0, 0x0},
  {"IRQ_STATUS", 0x40000028, 4, 1, 0, 0x0, 0xF, 0xF, 0x0, 0xF, 0x0, 0x0},
  {"IRQ_ENABLE", 0x4000002C, 4, 1, 0, 0x0, 0xF, 0xF, 0xF, 0x0, 0x0, 0x0},
  {"DOORBELL", 0x40000030, 4, 1, 0, 0x0, 0x3FFFFFF, 0x0, 0x0, 0x0, 0x0, 0x3FFFFFF},
  {"ERROR_TILE", 0x40000034, 4, 1, 0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"ROUTE_STATUS", 0x40000038, 4, 1, 0, 0x0, 0x7, 0x7, 0x0, 0x7, 0x0, 0x0},
  {"ROUTE_AT", 0x4000003C, 4, 1, 0, 0x0, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"MARKER", 0x40000040, 4, 1, 0, 0x0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0},
  {"FENCES", 0x40000044, 4, 1, 0, 0x0, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"ROUTE_CYCLE_LENGTH", 0x40000048, 4, 1, 0, 0x0, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"ROUTE_CYCLE", 0x40000400, 4, 64, 4, 0x0, 0xFFFFF, 0xFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"TILE_SELECT", 0x40000100, 4, 32, 4, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0},
  {"WINDOW_BASE", 0x40000200, 8, 8, 32, 0x0, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x0, 0x0, 0x0},
  {"WINDOW_LIMIT", 0x40000208, 8, 8, 32, 0x0, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x0, 0x0, 0x0},
  {"WINDOW_RIGHTS", 0x40000210, 4, 8, 32, 0x0, 0x3, 0x3, 0x3, 0x0, 0x0, 0x0},
};
#endif

/* TILE: One tile: sequencer, sparse memory engine, compute core, vector unit. */
#define ACF_TILE_BASE 0x41000000
#define ACF_TILE_INSTANCES 16
#define ACF_TILE_INSTANCE_STRIDE 0x10000
#define ACF_TILE_POSITION 0x0
#define ACF_TILE_POSITION_X_LSB 0
#define ACF_TILE_POSITION_X_MASK 0xFF
#define ACF_TILE_POSITION_Y_LSB 8
#define ACF_TILE_POSITION_Y_MASK 0xFF00
#define ACF_TILE_CONTROL 0x4
#define ACF_TILE_CONTROL_RESET_LSB 0
#define ACF_TILE_CONTROL_RESET_MASK 0x1
#define ACF_TILE_CONTROL_ABORT_LSB 1
#define ACF_TILE_CONTROL_ABORT_MASK 0x2
#define ACF_TILE_STATUS 0x8
#define ACF_TILE_STATUS_IDLE_LSB 0
#define ACF_TILE_STATUS_IDLE_MASK 0x1
#define ACF_TILE_STATUS_ERROR_LSB 1
#define ACF_TILE_STATUS_ERROR_MASK 0x2
#define ACF_TILE_STATUS_ABORTED_LSB 2
#define ACF_TILE_STATUS_ABORTED_MASK 0x4
#define ACF_TILE_ERROR_CAUSE 0xC
#define ACF_TILE_ERROR_CAUSE_VALUE_LSB 0
#define ACF_TILE_ERROR_CAUSE_VALUE_MASK 0xFFFFFFFF
#define ACF_TILE_ERROR_INDEX 0x10
#define ACF_TILE_ERROR_INDEX_COMMAND_LSB 0
#define ACF_TILE_ERROR_INDEX_COMMAND_MASK 0xFFFFFF
#define ACF_TILE_ERROR_INDEX_RING_LSB 24
#define ACF_TILE_ERROR_INDEX_RING_MASK 0x3000000
#define ACF_TILE_ERROR_ADDRESS 0x18
#define ACF_TILE_ERROR_ADDRESS_VALUE_LSB 0
#define ACF_TILE_ERROR_ADDRESS_VALUE_MASK 0xFFFFFFFFFFFFFFFF
#define ACF_TILE_DOORBELL 0x20
#define ACF_TILE_DOORBELL_COUNT_LSB 0
#define ACF_TILE_DOORBELL_COUNT_MASK 0xFFFFFF
#define ACF_TILE_DOORBELL_RING_LSB 24
#define ACF_TILE_DOORBELL_RING_MASK 0x3000000
#define ACF_TILE_JOBS 0x24
#define ACF_TILE_JOBS_VALUE_LSB 0
#define ACF_TILE_JOBS_VALUE_MASK 0xFFFFFFFF
#define ACF_TILE_RETIRED 0x28
#define ACF_TILE_RETIRED_VALUE_LSB 0
#define ACF_TILE_RETIRED_VALUE_MASK 0xFFFFFFFFFFFFFFFF
#define ACF_TILE_MACS_EXECUTED 0x30
#define ACF_TILE_MACS_EXECUTED_VALUE_LSB 0
#define ACF_TILE_MACS_EXECUTED_VALUE_MASK 0xFFFFFFFFFFFFFFFF
#define ACF_TILE_MACS_SKIPPED 0x38
#define ACF_TILE_MACS_SKIPPED_VALUE_LSB 0
#define ACF_TILE_MACS_SKIPPED_VALUE_MASK 0xFFFFFFFFFFFFFFFF
#define ACF_TILE_MATRIX_BUSY 0x40
#define ACF_TILE_MATRIX_BUSY_VALUE_LSB 0
#define ACF_TILE_MATRIX_BUSY_VALUE_MASK 0xFFFFFFFFFFFFFFFF
#define ACF_TILE_VECTOR_BUSY 0x48
#define ACF_TILE_VECTOR_BUSY_VALUE_LSB 0
#define ACF_TILE_VECTOR_BUSY_VALUE_MASK 0xFFFFFFFFFFFFFFFF
#define ACF_TILE_BYTES_TO_PACK 0x50
#define ACF_TILE_BYTES_TO_PACK_VALUE_LSB 0
#define ACF_TILE_BYTES_TO_PACK_VALUE_MASK 0xFFFFFFFFFFFFFFFF
#define ACF_TILE_BYTES_PACKED 0x58
#define ACF_TILE_BYTES_PACKED_VALUE_LSB 0
#define ACF_TILE_BYTES_PACKED_VALUE_MASK 0xFFFFFFFFFFFFFFFF
#define ACF_TILE_RING_BASE 0x100
#define ACF_TILE_RING_BASE_COUNT 4
#define ACF_TILE_RING_BASE_STRIDE 0x10
#define ACF_TILE_RING_BASE_VALUE_LSB 0
#define ACF_TILE_RING_BASE_VALUE_MASK 0xFFFFFFFFFFFFFFFF
#define ACF_TILE_RING_LENGTH 0x108
#define ACF_TILE_RING_LENGTH_COUNT 4
#define ACF_TILE_RING_LENGTH_STRIDE 0x10
#define ACF_TILE_RING_LENGTH_VALUE_LSB 0
#define ACF_TILE_RING_LENGTH_VALUE_MASK 0xFFFFFFFF
#define ACF_TILE_SCALAR 0x200
#define ACF_TILE_SCALAR_COUNT 16
#define ACF_TILE_SCALAR_STRIDE 0x8
#define ACF_TILE_SCALAR_VALUE_LSB 0
#define ACF_TILE_SCALAR_VALUE_MASK 0xFFFFFFFFFFFFFFFF
#define ACF_TILE_SEMAPHORE 0x400
#define ACF_TILE_SEMAPHORE_COUNT 64
#define ACF_TILE_SEMAPHORE_STRIDE 0x4
#define ACF_TILE_SEMAPHORE_VALUE_LSB 0
#define ACF_TILE_SEMAPHORE_VALUE_MASK 0xFFFFFFFF
#ifndef __ASSEMBLER__
static const struct acf_register acf_tile_registers[] = {
  {"POSITION", 0x41000000, 4, 1, 0, 0x0, 0x0, 0xFFFF, 0x0, 0x0, 0x0, 0x0},
  {"CONTROL", 0x41000004, 4, 1, 0, 0x0, 0x3, 0x0, 0x0, 0x0, 0x3, 0x0},
  {"STATUS", 0x41000008, 4, 1, 0, 0x1, 0x7, 0x7, 0x0, 0x6, 0x0, 0x0},
  {"ERROR_CAUSE", 0x4100000C, 4, 1, 0, 0x0, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"ERROR_INDEX", 0x41000010, 4, 1, 0, 0x0, 0x3FFFFFF, 0x3FFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"ERROR_ADDRESS", 0x41000018, 8, 1, 0, 0x0, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"DOORBELL", 0x41000020, 4, 1, 0, 0x0, 0x3FFFFFF, 0x0, 0x0, 0x0, 0x0, 0x3FFFFFF},
  {"JOBS", 0x41000024, 4, 1, 0, 0x0, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"RETIRED", 0x41000028, 8, 1, 0, 0x0, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"MACS_EXECUTED", 0x41000030, 8, 1, 0, 0x0, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"MACS_SKIPPED", 0x41000038, 8, 1, 0, 0x0, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"MATRIX_BUSY", 0x41000040, 8, 1, 0, 0x0, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"VECTOR_BUSY", 0x41000048, 8, 1, 0, 0x0, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"BYTES_TO_PACK", 0x41000050, 8, 1, 0, 0x0, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"BYTES_PACKED", 0x41000058, 8, 1, 0, 0x0, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x0, 0x0, 0x0, 0x0},
  {"RING_BASE", 0x41000100, 8, 4, 16, 0x0, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x0, 0x0, 0x0},
  {"RING_LENGTH", 0x41000108, 4, 4, 16, 0x0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0},
  {"SCALAR", 0x41000200, 8, 16, 8, 0x0, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x0, 0x0, 0x0},
  {"SEMAPHORE", 0x41000400, 4, 64, 4, 0x0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0x0, 0x0, 0x0},
};
#endif

/* ROUTER: Routing table of one router; reset contents are XY routing. */
#define ACF_ROUTER_BASE 0x48000000
#define ACF_ROUTER_INSTANCES 16
#define ACF_ROUTER_INSTANCE_STRIDE 0x4000
#define ACF_ROUTER_ROUTE_BANK0 0x0
#define ACF_ROUTER_ROUTE_BANK0_COUNT 25
#define ACF_ROUTER_ROUTE_BANK0_STRIDE 0x4
#define ACF_ROUTER_ROUTE_BANK0_PORT_LSB 0
#define ACF_ROUTER_ROUTE_BANK0_PORT_MASK 0xF
#define ACF_ROUTER_ROUTE_BANK0_VALID_LSB 7
#define ACF_ROUTER_ROUTE_BANK0_VALID_MASK 0x80
#define ACF_ROUTER_ROUTE_BANK1 0x2000
#define ACF_ROUTER_ROUTE_BANK1_COUNT 25
#define ACF_ROUTER_ROUTE_BANK1_STRIDE 0x4
#define ACF_ROUTER_ROUTE_BANK1_PORT_LSB 0
#define ACF_ROUTER_ROUTE_BANK1_PORT_MASK 0xF
#define ACF_ROUTER_ROUTE_BANK1_VALID_LSB 7
#define ACF_ROUTER_ROUTE_BANK1_VALID_MASK 0x80
#ifndef __ASSEMBLER__
static const struct acf_register acf_router_registers[] = {
  {"ROUTE_BANK0", 0x48000000, 4, 25, 4, 0x0, 0x0, 0x8F, 0x8F, 0x0, 0x0, 0x0},
  {"ROUTE_BANK1", 0x48002000, 4, 25, 4, 0x0, 0x0, 0x8F, 0x8F, 0x0, 0x0, 0x0},
};
#endif

/* Interrupts at the PLIC, and memory. */
#define ACF_IRQ_UART 10
#define ACF_IRQ_FABRIC 32
#define ACF_IRQ_WATCHDOG 33
#define ACF_DRAM_BASE 0x80000000
#define ACF_DRAM_SIZE 0x200000000
#define ACF_BLOCKS 8
#ifndef __ASSEMBLER__
static const struct acf_block acf_blocks[] = {
  {"FINISHER", 0x100000, 1, 0x0, 0, 1, acf_finisher_registers},
  {"WATCHDOG", 0x102000, 1, 0x0, 0, 5, acf_watchdog_registers},
  {"CLINT", 0x2000000, 1, 0x0, 1, 3, acf_clint_registers},
  {"PLIC", 0xC000000, 1, 0x0, 1, 8, acf_plic_registers},
  {"UART", 0x10000000, 1, 0x0, 1, 10, acf_uart_registers},
  {"GLOBAL", 0x40000000, 1, 0x0, 0, 24, acf_global_registers},
  {"TILE", 0x41000000, 16, 0x10000, 0, 19, acf_tile_registers},
  {"ROUTER", 0x48000000, 16, 0x4000, 0, 2, acf_router_registers},
};
#endif

/* Commands of a tile. The programming model is sw_stack/hal/README.md; it says which
   opcodes this chip executes, all others are BAD_OPCODE. */
#define ACF_OP_DEFVIEW 1
#define ACF_OP_SETREG 2
#define ACF_OP_LOOP 3
#define ACF_OP_SEM 4
#define ACF_OP_FENCE 5
#define ACF_OP_COPY 6
#define ACF_OP_CONVERT 7
#define ACF_OP_GATHER 8
#define ACF_OP_TRANSPOSE 9
#define ACF_OP_REDUCE 10
#define ACF_OP_DTS_STORE 11
#define ACF_OP_SPARSIFY 12
#define ACF_OP_NM_SELECT 13
#define ACF_OP_SCORE 14
#define ACF_OP_SELECT_K 15
#define ACF_OP_MASK_UPDATE 16
#define ACF_OP_MM 17
#define ACF_OP_SDDMM 18
#define ACF_OP_EWISE 19
#define ACF_OP_ROWRED 20
#define ACF_OP_NORM 21
#define ACF_OP_POOL 22
#define ACF_OP_SOFTMAX_XENT 23
#define ACF_OP_UPDATE 24
#define ACF_OP_COUNTERS 25
#define ACF_OP_SCATTER 26
#define ACF_OP_GRADIENTS 27
#define ACF_ERROR_NONE 0
/* an opcode or mode that does not exist, or not on this engine. ERROR_ADDRESS: the opcode. */
#define ACF_ERROR_BAD_OPCODE 1
/* a parameter outside its range, an unknown flag, a reserved field that is not 0. ERROR_ADDRESS: 0 to 5 parameter, 6 + i parameter i of the extension, 24 flags, 25 reserved fields. */
#define ACF_ERROR_BAD_PARAMETER 2
/* a view that is not defined, or whose type or format does not fit the command. ERROR_ADDRESS: 16 + i view i, 20 + i view i of the extension. */
#define ACF_ERROR_BAD_VIEW 3
/* shapes of operands that do not agree. ERROR_ADDRESS: as for BAD_VIEW. */
#define ACF_ERROR_SHAPE 4
/* an access that leaves the SRAM. ERROR_ADDRESS: the offset at which the access would end. */
#define ACF_ERROR_RANGE 5
/* an access to DRAM that is not allowed by any DMA window. ERROR_ADDRESS: the DRAM address at which the access, or a packet of it, begins. */
#define ACF_ERROR_WINDOW 6
/* a result over an operand where that is not allowed, or an access that meets a busy range. ERROR_ADDRESS: the offset of the result, or of the first byte that both need. */
#define ACF_ERROR_OVERLAP 7
/* an error answer: DRAM has no such address, or a peer refused a packet (damaged on its way). ERROR_ADDRESS: where the access, or a packet of it, begins: DRAM address or offset in the peer's SRAM. */
#define ACF_ERROR_BUS 8
/* no way through the mesh: a hole or a loop in the routing tables, or no such tile. ERROR_ADDRESS: the destination node, 65535 for a set of tiles. */
#define ACF_ERROR_ROUTE 9
/* a doorbell while eight jobs were pending; ERROR_INDEX: where its job would have begun. ERROR_ADDRESS: COUNT of the doorbell that was refused. */
#define ACF_ERROR_OVERRUN 10
/* a doorbell for a ring of length 0 or with a base that is no multiple of 64 (ERROR_INDEX: where its job would have begun), or an extension behind the end of the job. ERROR_ADDRESS: RING_BASE, or for an extension the position of its command. */
#define ACF_ERROR_RING 11
/* an uncorrectable memory error. ERROR_ADDRESS: the DRAM address of the line. */
#define ACF_ERROR_MEMORY 12
/* an index or pointer of a sparse format, or a label, that is out of bounds. ERROR_ADDRESS: the offset of the word that is wrong. */
#define ACF_ERROR_INDEX 13
#define ACF_COMMAND_BYTES 0x40
#define ACF_VIEWS 0x200
#define ACF_NO_VIEW 0xffff
#define ACF_NO_INDEX 0xffffffff
#define ACF_NO_LABEL 0xff
#define ACF_FLAG_EXTENDED 0x1
#define ACF_FLAG_CHANNEL 0x2
#define ACF_FLAG_SIGNAL_REMOTE 0x4
#define ACF_FLAG_COMPRESS 0x8
#define ACF_ELEMENT_F32 0x0
#define ACF_ELEMENT_F16 0x1
#define ACF_ELEMENT_BF16 0x2
#define ACF_ELEMENT_U8 0x3
#define ACF_ELEMENT_I8 0x4
#define ACF_ELEMENT_U16 0x5
#define ACF_ELEMENT_U32 0x6
#define ACF_ELEMENT_U64 0x7
#define ACF_FORMAT_DENSE 0x0
#define ACF_FORMAT_BSR4X4 0x1
#define ACF_FORMAT_BITMAP 0x2
#define ACF_SETREG_SET 0x0
#define ACF_SETREG_ADD 0x1
#define ACF_SETREG_EXCLUSIVE_OR 0x2
#define ACF_SETREG_LOAD32 0x3
#define ACF_SETREG_LOAD64 0x4
#define ACF_COPY_LOCAL 0x0
#define ACF_COPY_LOAD 0x1
#define ACF_COPY_STORE 0x2
#define ACF_COPY_SEND 0x3
#define ACF_COPY_DEAL 0x4
#define ACF_DEAL_BY_ROW 0x0
#define ACF_DEAL_BY_COLUMN 0x1
#define ACF_OWNERS_IN_TURN 0x0
#define ACF_OWNERS_BY_COLUMNS 0x1
#define ACF_TABLE_IN_DRAM 0x0
#define ACF_TABLE_IN_SRAM 0x1
#define ACF_MM_TRANSPOSE_A 0x1
#define ACF_MM_TRANSPOSE_B 0x2
#define ACF_MM_SKIP_A 0x4
#define ACF_MM_SKIP_B 0x8
#define ACF_MM_BIAS 0x10
#define ACF_MM_RELU 0x20
#define ACF_MM_GATE 0x40
#define ACF_MM_PHASE_LSB 0x8
#define ACF_PHASE_FORWARD 0x0
#define ACF_PHASE_INPUT_GRADIENT 0x1
#define ACF_PHASE_WEIGHT_GRADIENT 0x2
#define ACF_SDDMM_BLOCKS 0x0
#define ACF_SDDMM_SCORE_SUM 0x1
#define ACF_SDDMM_SCORE_MAX 0x2
#define ACF_EWISE_COPY 0x0
#define ACF_EWISE_ADD 0x1
#define ACF_EWISE_SUB 0x2
#define ACF_EWISE_MUL 0x3
#define ACF_EWISE_RELU 0x4
#define ACF_EWISE_GATE 0x5
#define ACF_EWISE_SCALE 0x6
#define ACF_EWISE_FILL 0x7
#define ACF_EWISE_ABS 0x8
#define ACF_EWISE_UNIFORM 0x9
#define ACF_EWISE_DROPOUT 0xa
#define ACF_ROWRED_SUM 0x0
#define ACF_ROWRED_MAX 0x1
#define ACF_ROWRED_SUM_SQUARES 0x2
#define ACF_ROWRED_ARGMAX 0x3
#define ACF_ROWRED_ALL_FINITE 0x4
#define ACF_WINDOW_REVERSED 0x1
#define ACF_WINDOW_SPREAD 0x2
#define ACF_POOL_MAX 0x0
#define ACF_POOL_AVERAGE 0x1
#define ACF_POOL_FORWARD 0x0
#define ACF_POOL_BACKWARD 0x1
#define ACF_NORM_SUMS 0x0
#define ACF_NORM_STATISTICS 0x1
#define ACF_NORM_RUNNING 0x2
#define ACF_NORM_FORWARD 0x3
#define ACF_NORM_GRADIENT_SUMS 0x4
#define ACF_NORM_BACKWARD 0x5
#define ACF_NORM_RELU 0x1
#define ACF_NORM_GATE 0x1
#define ACF_GRADIENTS_CLEAR 0x0
#define ACF_GRADIENTS_COLLECT 0x1
#define ACF_GRADIENTS_DECIDE 0x2
#define ACF_UPDATE_MOMENTUM 0x0
#define ACF_UPDATE_ADAMW 0x1
#define ACF_ORDER_SMALLEST 0x0
#define ACF_ORDER_LARGEST 0x1
#define ACF_ORDER_LARGEST_MAGNITUDE 0x2
#define ACF_SELECT_WHOLE 0x0
#define ACF_SELECT_COUNT 0x1
#define ACF_SELECT_CHOOSE 0x2
#define ACF_NM_MASKED 0x0
#define ACF_NM_PACKED 0x1
#define ACF_NM_COLUMNS 0x0
#define ACF_NM_ROWS 0x1
#define ACF_DTS_STORE 0x0
#define ACF_DTS_COMMIT 0x1
#define ACF_SPARSIFY_LARGEST 0x0
#define ACF_SPARSIFY_RANDOM 0x1
#define ACF_SPARSIFY_DEVIATION 0x2
#define ACF_SPARSIFY_SELECTED 0x3

#ifndef __ASSEMBLER__
/* A command; a flag says whether an extension follows. Reserved fields are zero, unused views ACF_NO_VIEW. */
struct acf_command {
  uint8_t op, flags;
  uint16_t tag; /* free for software: shown in traces and reports */
  uint32_t reserved0;
  uint16_t wait[2], signal; /* ACF_ON(semaphore, count); 0: none */
  uint16_t reserved1;
  uint16_t view[4];
  uint32_t offset[4]; /* bytes, or ACF_FROM_SCALAR(register, bytes) */
  uint32_t param[6];
};

struct acf_extension {
  uint16_t view[4];
  uint32_t offset[4];
  uint32_t param[10];
};

/* A tensor in the SRAM of a tile; addresses are byte offsets into SRAM. */
struct acf_view {
  uint32_t base;
  uint8_t type, layout; /* ACF_ELEMENT_..., ACF_FORMAT_... */
  uint16_t window_flags; /* ACF_WINDOW_... */
  uint32_t dim[4];    /* slowest first; unused trailing ones are 1 */
  uint32_t stride[4]; /* bytes between neighbours along each dimension */
  uint32_t pointers, indices, capacity;
  uint32_t pixels; /* of a window: positions down, positions across << 16 */
  uint8_t window[8]; /* kernel, stride, padding, dilation, height before width; kernel 0: none */
};

/* What SOFTMAX_XENT adds to. */
struct acf_loss {
  uint64_t loss_q16, correct, rows, first_not_finite;
};

/* What SELECT_K finds. */
struct acf_selection {
  uint32_t score_bits, index, count, eligible, remaining, reserved[3];
};

/* What GRADIENTS collects: the sum of squares in units of 2^-149, its low word first. */
struct acf_gradients {
  uint64_t sum[5], not_finite, reserved[2];
};

/* What it decides. */
struct acf_step {
  uint32_t held;
  float factor, loss_scale;
  uint32_t good;
  float norm;
  uint32_t skipped, steps;
  float rescale;
};

/* What DTS_STORE keeps of a tensor. */
struct acf_threshold {
  float threshold, target, floor, largest;
  uint32_t zeros, elements, commits, hold;
  float last_threshold;
  uint32_t last_zeros, last_elements, reserved;
};
#endif

/* A wait or a signal: it counts 1 to 1023 on one of 64 semaphores. */
#define ACF_ON(semaphore, count) ((semaphore) << 10 | (count))
/* An offset: a scalar register's value plus `bytes`, below 2^27. */
#define ACF_FROM_SCALAR(register, bytes) (0x80000000u | (uint32_t)(bytes) << 4 | (register))
/* A rectangle of tiles, corners included. */
#define ACF_TILE_SET(x0, y0, x1, y1) \
  ((uint32_t)(x0) | (uint32_t)(y0) << 8 | (uint32_t)(x1) << 16 | (uint32_t)(y1) << 24)

#endif
