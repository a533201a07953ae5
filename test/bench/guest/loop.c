/* Integer loops of known length: 12 instructions, 40 million times (argument: millions). */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  unsigned long n = (argc > 1 ? strtoul(argv[1], NULL, 0) : 40) * 1000000, a = 1, b = 2, c = 3;
#ifdef __riscv
  __asm__ volatile(
      "1: add %0, %0, %1\n xor %1, %1, %0\n slli %2, %0, 3\n sub %1, %1, %2\n and %2, %2, %0\n or %0, %0, %2\n"
      "srli %2, %1, 7\n add %1, %1, %2\n addi %0, %0, 5\n xor %0, %0, %2\n addi %3, %3, -1\n bnez %3, 1b\n"
      : "+r"(a), "+r"(b), "+r"(c), "+r"(n));
#endif
  printf("%lx\n", a ^ b ^ c);
  return 0;
}
