# Reset entry of every hart: a0 = hart id, a1 = device tree, everything else (registers, memory beyond the image) unknown.
# Hart 0 prepares memory and runs the program; the others sleep until acf::start_hart() wakes them.

#define MSTATUS_MIE 0x8
#define MSTATUS_FS 0x6000
#define MSTATUS_FS_INITIAL 0x2000
#define MIE_MSIE 0x8

  .cfi_sections .debug_frame
  .section .text.init.enter, "ax", @progbits
  .globl _start
  .type _start, @function
_start:
  .cfi_startproc
  .cfi_undefined ra
  csrci mstatus, MSTATUS_MIE
  csrw mie, zero
  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  la t0, trap_before_memory_is_ready
  csrw mtvec, t0
  li t0, MSTATUS_FS
  csrs mstatus, t0
  csrw fcsr, zero
  csrc mstatus, t0                   # "initial": the trap entry saves floating-point registers only once they are in use
  li t0, MSTATUS_FS_INITIAL
  csrs mstatus, t0
  bnez a0, park

  la t0, __data_source
  la t1, __data_start
  la t2, __data_end
1: bgeu t1, t2, 2f
  ld t3, 0(t0)
  sd t3, 0(t1)
  addi t0, t0, 8
  addi t1, t1, 8
  j 1b
2: la t2, __bss_end                  # .bss starts where .data ends
3: bgeu t1, t2, 4f
  sd zero, 0(t1)
  addi t1, t1, 8
  j 3b
4: la sp, __stack_top
  la tp, __tls_base
  la t0, __trap_stack_top
  csrw mscratch, t0
  la t0, trap_entry
  csrw mtvec, t0
  tail acf_run_program               # (hart id, device tree)
  .cfi_endproc
  .size _start, . - _start

# A parked hart looks at memory only after hart 0 has raised its software interrupt: before that, memory holds noise.
  .type park, @function
park:
  .cfi_startproc
  .cfi_undefined ra
  li t0, MIE_MSIE
  csrw mie, t0
1: wfi
  csrr t0, mip
  andi t0, t0, MIE_MSIE
  beqz t0, 1b
  csrw mie, zero
  fence
  la t0, acf_hart_start              # struct hart_start in startup.cpp: stack top, thread pointer, trap stack top
  ld sp, 0(t0)
  ld tp, 8(t0)
  ld t1, 16(t0)
  csrw mscratch, t1
  la t1, trap_entry
  csrw mtvec, t1
  mv s0, a0
  call acf_run_hart                  # (hart id)
  mv a0, s0
  j park
  .cfi_endproc
  .size park, . - park

# Nothing can be printed yet: fail with a code of its own.
  .balign 4
  .type trap_before_memory_is_ready, @function
trap_before_memory_is_ready:
  .cfi_startproc
  li a0, 123
  la sp, __stack_top
  tail _exit
  .cfi_endproc
  .size trap_before_memory_is_ready, . - trap_before_memory_is_ready
