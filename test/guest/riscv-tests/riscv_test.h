/*
 * The environment of riscv-tests for programs of a user: a test ends by exit_group(2), with 0 or the number of
 * the case that failed.
 */
#ifndef RISCV_TEST_H
#define RISCV_TEST_H

#define TESTNUM gp
#define EXIT_GROUP 94

#define RVTEST_RV64U .macro init; .endm
#define RVTEST_RV64UF .macro init; csrwi fcsr, 0; .endm
#define RVTEST_CODE_BEGIN .text; .globl _start; _start: init
#define RVTEST_CODE_END ebreak
#define RVTEST_PASS li a0, 0; li a7, EXIT_GROUP; ecall
#define RVTEST_FAIL mv a0, TESTNUM; li a7, EXIT_GROUP; ecall
#define RVTEST_DATA_BEGIN .align 4
#define RVTEST_DATA_END .align 4

#endif
