# Start-up of the benchmark programs: hart 0 gets a stack and calls main, whose result ends the run by the test finisher.
# With SV39 defined, main runs in supervisor mode behind 4 KiB pages that map the memory to itself.
    .section .text.start, "ax"
    .globl _start
_start:
    .option arch, +zicsr
    csrr t0, mhartid
1:  bnez t0, 1b
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la sp, stack_end
    la t0, trapped
    csrw mtvec, t0
    li t0, 3 << 13              # floating point on
    csrs mstatus, t0
    la t0, bss_start
    la t1, bss_end
2:  sd zero, 0(t0)
    addi t0, t0, 8
    bltu t0, t1, 2b
#ifdef SV39
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    la t0, root                 # root[2] -> middle, middle[0..7] -> leaves: 16 MiB from 0x8000'0000
    la t1, middle
    srli t2, t1, 2
    ori t2, t2, 1
    sd t2, 16(t0)
    la t2, leaves
    li t3, 8
3:  srli t4, t2, 2
    ori t4, t4, 1
    sd t4, 0(t1)
    addi t1, t1, 8
    li t5, 4096
    add t2, t2, t5
    addi t3, t3, -1
    bnez t3, 3b
    la t2, leaves
    li t3, 8 * 512
    li t4, 0x80000000 >> 2 | 0xcf   # V R W X A D
4:  sd t4, 0(t2)
    addi t2, t2, 8
    addi t4, t4, 1 << 10
    addi t3, t3, -1
    bnez t3, 4b
    srli t0, t0, 12
    li t1, 8 << 60
    or t0, t0, t1
    csrw satp, t0
    sfence.vma
    li t0, 3 << 11
    csrc mstatus, t0
    li t0, 1 << 11
    csrs mstatus, t0
    la t0, 5f
    csrw mepc, t0
    mret
5:
#endif
    call main
#ifdef SV39
    ecall                       # back to machine mode, which sees the finisher
#endif
    .balign 4
trapped:
    li t1, 0x5555
#ifdef SV39
    csrr t2, mcause
    addi t2, t2, -9             # ecall from supervisor mode
    bnez t2, 6f
#endif
    beqz a0, 7f
6:  li t1, 0x13333
7:  li t0, 0x100000
    sw t1, 0(t0)
8:  j 8b

    .bss
    .balign 4096
#ifdef SV39
root:   .space 4096
middle: .space 4096
leaves: .space 8 * 4096
#endif
stack:  .space 65536
stack_end:
