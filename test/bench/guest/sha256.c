/* SHA-256 (FIPS 180-4) of N MiB of zeros; argument: N. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t k[64], h[8];
static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

/* The constants are the first 32 bits of the fractional parts of roots of primes: found by integer search. */
static uint32_t fraction(uint32_t prime, int cube) {
  unsigned __int128 low = 0, high = (unsigned __int128)1 << 40;
  while (high - low > 1) {
    unsigned __int128 middle = (low + high) / 2;
    unsigned __int128 power = cube ? middle * middle * middle : middle * middle;
    if (power <= (unsigned __int128)prime << (cube ? 96 : 64)) low = middle;
    else high = middle;
  }
  return (uint32_t)low;
}

static void block(const uint8_t *p) {
  uint32_t w[64], v[8];
  for (int i = 0; i < 16; i++) w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + w[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
  }
  memcpy(v, h, sizeof v);
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
    uint32_t t2 = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
    for (int n = 7; n > 0; n--) v[n] = v[n - 1];
    v[4] += t1, v[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) h[i] += v[i];
}

int main(int argc, char **argv) {
  uint64_t bytes = (argc > 1 ? strtoul(argv[1], NULL, 0) : 8) << 20;
  int found = 0;
  for (uint32_t n = 2; found < 64; n++) {
    int prime = 1;
    for (uint32_t d = 2; d * d <= n; d++) prime &= n % d != 0;
    if (!prime) continue;
    if (found < 8) h[found] = fraction(n, 0);
    k[found++] = fraction(n, 1);
  }
  static uint8_t data[64];
  for (uint64_t at = 0; at < bytes; at += 64) block(data);
  data[0] = 0x80;
  for (int i = 0; i < 8; i++) data[63 - i] = (uint8_t)(bytes * 8 >> (8 * i));
  block(data);
  for (int i = 0; i < 8; i++) printf("%08x", h[i]);
  printf("\n");
  return 0;
}
