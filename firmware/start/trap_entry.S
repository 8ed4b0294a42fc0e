# Machine-mode trap entry: saves the whole register state in an acf::trap::frame, calls acf_trap(frame&), restores, mret.
# mscratch holds the top of this hart's trap stack while the program runs, and 0 while a handler runs: a trap inside a
# handler continues on the handler's stack, and a program with a broken stack pointer is still reported properly.

#define FRAME_BYTES 576
#define X(n) ((n)*8)
#define PC 256
#define STATUS 264
#define CAUSE 272
#define VALUE 280
#define SCRATCH 288
#define F(n) (296 + (n)*8)
#define FCSR 552

  .macro each_register instruction
  .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  \instruction x\n, X(\n)(sp)
  .endr
  .endm

  .macro each_float instruction
  .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  \instruction f\n, F(\n)(sp)
  .endr
  .endm

  .macro branch_unless_float_in_use status, label   # mstatus.FS == dirty
  srli \status, \status, 13
  andi \status, \status, 3
  addi \status, \status, -3
  bnez \status, \label
  .endm

  .cfi_sections .debug_frame
  .section .text.trap_entry, "ax", @progbits
  .globl trap_entry
  .type trap_entry, @function
  .balign 4
trap_entry:
  .cfi_startproc
  .cfi_signal_frame
  .cfi_return_column 64              # the pc that the frame returns to, apart from ra
  csrrw sp, mscratch, sp
  bnez sp, 1f
  csrr sp, mscratch
  addi sp, sp, -FRAME_BYTES
  sd zero, SCRATCH(sp)
  j 2f
1: addi sp, sp, -FRAME_BYTES
  sd t0, X(5)(sp)
  addi t0, sp, FRAME_BYTES
  sd t0, SCRATCH(sp)
  ld t0, X(5)(sp)
2: each_register sd
  csrrw t0, mscratch, zero
  sd t0, X(2)(sp)
  sd zero, X(0)(sp)
  csrr t1, mepc
  sd t1, PC(sp)
  csrr t2, mcause
  sd t2, CAUSE(sp)
  csrr t3, mtval
  sd t3, VALUE(sp)
  csrr t4, mstatus
  sd t4, STATUS(sp)
  .cfi_def_cfa sp, 0
  .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  .cfi_offset \n, X(\n)
  .endr
  .cfi_offset 64, PC
  branch_unless_float_in_use t4, 3f
  each_float fsd
  csrr t4, fcsr
  sd t4, FCSR(sp)
3: .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  mv a0, sp
  call acf_trap
  ld t0, STATUS(sp)
  csrw mstatus, t0
  branch_unless_float_in_use t0, 4f
  ld t0, FCSR(sp)
  csrw fcsr, t0
  each_float fld
4: ld t0, PC(sp)
  csrw mepc, t0
  ld t0, SCRATCH(sp)
  csrw mscratch, t0
  each_register ld
  ld sp, X(2)(sp)
  mret
  .cfi_endproc
  .size trap_entry, . - trap_entry
