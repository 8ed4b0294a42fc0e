# The code around the blocks of a random program; see random_program.hpp for the records that it works on.
    .equ X, 0
    .equ F, 256
    .equ FCSR, 512
    .equ ENTRY, 520
    .equ DUMP, 528
    .equ SAVED, 536
    .equ SAVED_TOO, 544
    .equ OUT_X, 552 + 576
    .equ OUT_F, OUT_X + 256
    .equ OUT_FCSR, OUT_F + 256
    .equ OUT_TRAPS, OUT_FCSR + 8
    .equ OUT_TRAP, OUT_TRAPS + 8
    .equ RECORD, OUT_TRAP + 8 * 24
    .equ MSTATUS_FS, 3 << 13
    .equ MSTATUS_MPP, 3 << 11
    .equ FINISHER, 0x100000

    .option norvc
    .option arch, +zicsr
    .globl _start
_start:
    j start
    .balign 8
first_record: .quad 0           # filled in by link()
last_record:  .quad 0
dump_address: .quad dump        # read by link()

start:
    la t0, trap
    csrw mtvec, t0
    la t0, first_record
    ld t6, 0(t0)
load:                           # t6 = record
    li t0, MSTATUS_MPP | MSTATUS_FS
    csrs mstatus, t0
    ld t0, ENTRY(t6)
    csrw mepc, t0
    csrw mcause, zero
    csrw mtval, zero
    ld t0, FCSR(t6)
    csrw fcsr, t0
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fld f\n, F+8*\n(t6)
    .endr
    ld t0, X+8*31(t6)
    csrw mscratch, t0
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    ld x\n, X+8*\n(t6)
    .endr
    csrrw t6, mscratch, t6
    mret

dump:                           # t6 = record, t5 saved there, mscratch = the block's t6
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29
    sd x\n, OUT_X+8*\n(t6)
    .endr
    ld t0, SAVED(t6)
    sd t0, OUT_X+8*30(t6)
    csrr t0, mscratch
    sd t0, OUT_X+8*31(t6)
    csrr t1, mstatus
    li t0, MSTATUS_FS
    and t1, t1, t0
    sd t1, OUT_X(t6)
    csrs mstatus, t0
    csrr t0, fcsr
    sd t0, OUT_FCSR(t6)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fsd f\n, OUT_F+8*\n(t6)
    .endr
    la t0, last_record
    ld t0, 0(t0)
    beq t6, t0, finish
    addi t6, t6, RECORD - 1024
    addi t6, t6, 1024
    j load
finish:
    li t0, FINISHER
    li t1, 0x5555
    sw t1, 0(t0)
    j .

    .balign 4
trap:                           # note cause, pc and value, and go on behind the instruction
    csrrw t6, mscratch, t6
    sd t5, SAVED(t6)
    sd t4, SAVED_TOO(t6)
    ld t5, OUT_TRAPS(t6)
    addi t5, t5, 1
    sd t5, OUT_TRAPS(t6)
    andi t5, t5, 7
    slli t4, t5, 4
    slli t5, t5, 3
    add t5, t5, t4
    add t5, t5, t6
    csrr t4, mcause
    sd t4, OUT_TRAP(t5)
    csrr t4, mtval
    sd t4, OUT_TRAP+16(t5)
    csrr t4, mepc
    sd t4, OUT_TRAP+8(t5)
    lhu t5, 0(t4)
    andi t5, t5, 3
    addi t5, t5, -3
    addi t4, t4, 2
    bnez t5, 1f
    addi t4, t4, 2
1:  csrw mepc, t4
    li t5, MSTATUS_MPP
    csrs mstatus, t5
    ld t5, SAVED(t6)
    ld t4, SAVED_TOO(t6)
    csrrw t6, mscratch, t6
    mret
