# The code around the blocks of a privileged program; see privileged_program.hpp for the records that it works on.
# t6 = record in both trap handlers; mscratch or sscratch holds it while a block runs.
    .equ X, 0
    .equ F, 256
    .equ FCSR, 512
    .equ ENTRY, 520
    .equ MSTATUS, 528
    .equ MEDELEG, 536
    .equ MIDELEG, 544
    .equ MIE, 552
    .equ MIP, 560
    .equ SATP, 568
    .equ PMPCFG, 576
    .equ PMPADDR, 584
    .equ PTE, 616
    .equ MEGA, 744
    .equ SEED, 752
    .equ SAVED, 760                 # t5, t4, t3 of the machine's handler; behind them those of the supervisor's
    .equ OUT_X, 808
    .equ OUT_F, OUT_X + 256
    .equ OUT_FCSR, OUT_F + 256
    .equ OUT_CSR, OUT_FCSR + 8
    .equ OUT_SUM, OUT_CSR + 64
    .equ OUT_TRAPS, OUT_SUM + 8
    .equ OUT_TRAP, OUT_TRAPS + 8
    .equ RECORD, OUT_TRAP + 8 * 32
    .equ FS, 3 << 13
    .equ MPP, 3 << 11
    .equ FINISHER, 0x100000

    .text
    .globl _start
_start:
    j start
    .balign 8
first_record: .dword 0              # written by link()
last_record:  .dword 0
scratch:      .dword 0              # physical address of the window, 2 MiB
tables:       .dword 0              # four pages: root, the window's two levels

start:
    la t0, machine_trap
    csrw mtvec, t0
    la t0, supervisor_trap
    csrw stvec, t0
    csrw mcounteren, zero
    li t0, -1                       # the last PMP entry allows everything
    csrw pmpaddr15, t0
    li t0, 0x1f << 56
    csrw pmpcfg2, t0
    # root[0] -> level 1, [384] -> level 0; root[1]: U alias of memory; root[2]: memory for S
    ld t0, tables
    li t4, 4096
    add t1, t0, t4
    add t2, t1, t4
    srli t3, t1, 2
    ori t3, t3, 1
    sd t3, 0(t0)
    li t3, (0x80000000 >> 2) | 0xdf
    sd t3, 8(t0)
    li t3, (0x80000000 >> 2) | 0xcf
    sd t3, 16(t0)
    srli t3, t2, 2
    ori t3, t3, 1
    li t4, 384 * 8
    add t4, t4, t1
    sd t3, 0(t4)
    # every page of the window has a return in it
    ld t0, scratch
    li t1, 0x000f0067               # jr t5
    li t2, 16
    li t3, 4096
1:  sw t1, 256(t0)
    add t0, t0, t3
    addi t2, t2, -1
    bnez t2, 1b
    fence.i
    ld t6, first_record

load:
    csrw satp, zero
    csrw mie, zero
    li t0, MPP | FS
    csrw mstatus, t0
    csrw pmpcfg0, zero
    .irp n, 0,1,2,3
    ld t0, PMPADDR+8*\n(t6)
    csrw pmpaddr\n, t0
    .endr
    ld t0, PMPCFG(t6)
    csrw pmpcfg0, t0
    ld t0, MEDELEG(t6)
    csrw medeleg, t0
    ld t0, MIDELEG(t6)
    csrw mideleg, t0
    ld t0, scratch                  # fill the window's data
    ld t1, SEED(t6)
    li t2, 16
    li t3, 4096 - 32
2:
    .irp n, 0,8,16,24
    sd t1, \n(t0)
    addi t1, t1, 0x111
    slli t1, t1, 1
    .endr
    add t0, t0, t3
    .irp n, 0,8,16,24
    sd t1, \n(t0)
    addi t1, t1, 0x123
    xori t1, t1, 0x5a
    .endr
    addi t0, t0, 32
    addi t2, t2, -1
    bnez t2, 2b
    ld t0, tables                   # its page table
    li t1, 8192
    add t1, t0, t1
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    ld t2, PTE+8*\n(t6)
    sd t2, 8*\n(t1)
    .endr
    li t1, 4096 + 385 * 8
    add t1, t0, t1
    ld t2, MEGA(t6)
    sd t2, 0(t1)
    ld t0, SATP(t6)
    csrw satp, t0
    sfence.vma
    ld t0, ENTRY(t6)
    csrw mepc, t0
    csrw mcause, zero
    csrw mtval, zero
    csrw sepc, zero
    csrw scause, zero
    csrw stval, zero
    csrw sscratch, t6
    ld t0, FCSR(t6)
    csrw fcsr, t0
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fld f\n, F+8*\n(t6)
    .endr
    ld t0, MSTATUS(t6)
    csrw mstatus, t0
    ld t0, MIP(t6)
    csrw mip, t0
    ld t0, MIE(t6)
    csrw mie, t0
    ld t0, X+8*31(t6)
    csrw mscratch, t0
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    ld x\n, X+8*\n(t6)
    .endr
    csrrw t6, mscratch, t6
    mret

    # Notes a trap and goes on behind the instruction; behind an interrupt it disables its cause.
    .macro handler m, cause, epc, tval, status, enable, scratch, saved
    csrrw t6, \scratch, t6
    sd t5, \saved(t6)
    sd t4, \saved+8(t6)
    sd t3, \saved+16(t6)
    csrr t4, \cause
    .if \m
    li t5, 3                        # ebreak: the end of the block
    beq t4, t5, dump
    .endif
    ld t5, OUT_TRAPS(t6)
    addi t5, t5, 1
    sd t5, OUT_TRAPS(t6)
    andi t5, t5, 7
    slli t5, t5, 5
    add t5, t5, t6
    sd t4, OUT_TRAP(t5)
    csrr t3, \epc
    sd t3, OUT_TRAP+8(t5)
    csrr t3, \tval
    sd t3, OUT_TRAP+16(t5)
    csrr t3, \status
    sd t3, OUT_TRAP+24(t5)
    bgez t4, 1f
    li t3, 1
    sll t3, t3, t4
    csrc \enable, t3
    j 4f
1:  li t5, 1                        # a jump into the window that did not arrive: back to where it came from
    beq t4, t5, 2f
    li t5, 12
    bne t4, t5, 3f
2:  ld t4, \saved(t6)
    csrw \epc, t4
    j 4f
3:  csrr t4, \epc
    srli t5, t4, 31                 # user code runs at an alias
    mv t3, t4
    bnez t5, 5f
    li t5, 0x40000000
    add t3, t3, t5
5:  lhu t5, 0(t3)
    andi t5, t5, 3
    addi t5, t5, -3
    addi t4, t4, 2
    bnez t5, 6f
    addi t4, t4, 2
6:  csrw \epc, t4
4:  ld t5, \saved(t6)
    ld t4, \saved+8(t6)
    ld t3, \saved+16(t6)
    csrrw t6, \scratch, t6
    .endm

    .balign 4
supervisor_trap:
    handler 0, scause, sepc, stval, sstatus, sie, sscratch, SAVED+24
    sret

    .balign 4
machine_trap:
    handler 1, mcause, mepc, mtval, mstatus, mie, mscratch, SAVED
    mret

dump:                               # t6 = record, t5 to t3 saved there, mscratch = the block's t6
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27
    sd x\n, OUT_X+8*\n(t6)
    .endr
    ld t0, SAVED+16(t6)
    sd t0, OUT_X+8*28(t6)
    ld t0, SAVED+8(t6)
    sd t0, OUT_X+8*29(t6)
    ld t0, SAVED(t6)
    sd t0, OUT_X+8*30(t6)
    csrr t0, mscratch
    sd t0, OUT_X+8*31(t6)
    csrr t0, mstatus
    sd t0, OUT_CSR(t6)
    csrr t0, sepc
    sd t0, OUT_CSR+8(t6)
    csrr t0, scause
    sd t0, OUT_CSR+16(t6)
    csrr t0, stval
    sd t0, OUT_CSR+24(t6)
    csrr t0, mie
    sd t0, OUT_CSR+32(t6)
    csrr t0, mip
    sd t0, OUT_CSR+40(t6)
    csrr t0, satp
    sd t0, OUT_CSR+48(t6)
    csrr t0, mepc
    sd t0, OUT_CSR+56(t6)
    li t0, FS
    csrs mstatus, t0
    csrr t0, fcsr
    sd t0, OUT_FCSR(t6)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fsd f\n, OUT_F+8*\n(t6)
    .endr
    ld t0, scratch
    li t1, 0
    li t2, 16
    li t3, 4096 - 32
1:
    .irp part, 1,2
    .irp n, 0,8,16,24
    ld t4, \n(t0)
    xor t1, t1, t4
    slli t5, t1, 7
    srli t1, t1, 57
    or t1, t1, t5
    .endr
    .if \part == 1
    add t0, t0, t3
    .endif
    .endr
    addi t0, t0, 32
    addi t2, t2, -1
    bnez t2, 1b
    sd t1, OUT_SUM(t6)
    ld t0, last_record
    beq t6, t0, finish
    addi t6, t6, RECORD - 1024
    addi t6, t6, 1024
    j load
finish:
    li t0, FINISHER
    li t1, 0x5555
    sw t1, 0(t0)
    j .
