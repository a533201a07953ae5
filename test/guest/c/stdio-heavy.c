/* guest: flags=-lm */
/* What every C program does: formatting, buffered files, memory, sorting, mathematics, time text. */
#include "guest.h"
#include <ctype.h>
#include <math.h>
#include <time.h>
#include <wchar.h>

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

int main(void) {
  SAY("%d %5.2f %-6s| %+ld %#x %e %g %a", 42, 3.14159, "ab", -7L, 255, 12345.678, 1e-9, 0.1);
  SAY("%.17g %.17g %.20f", 0.1, 1.0 / 3.0, 2.0 / 3.0);
  SAY("%Lf %Le", 1.0L / 3.0L, 1e300L * 1e300L);
  SAY("%.15g %.15g %.15g %.15g", sin(1), cos(2), exp(3), log(10));
  SAY("%.15g %.15g %.15g %.15g", pow(2, 0.5), tgamma(5.5), erf(0.3), atan2(1, -1));
  SAY("%.15g %.15g %d %ld", fmod(10, 3.3), cbrt(27), (int)lrint(2.5), lround(2.5));
  SAY("%g %g %g", strtod("1e-320", NULL), strtod("inf", NULL), strtod("0x1.8p3", NULL));
  SAY("%ld %d", strtol("-0x1f", NULL, 0), atoi("  12abc"));

  FILE *file = fopen("text", "w+");
  for (int i = 0; i < 20000; i++) fprintf(file, "line %d %x\n", i, i * 7919);
  SAY("size %ld", ftell(file));
  rewind(file);
  char line[100];
  unsigned long sum = 0, lines = 0;
  while (fgets(line, sizeof line, file)) {
    int n, x;
    if (sscanf(line, "line %d %x", &n, (unsigned *)&x) == 2) sum = sum * 31 + (unsigned)(n ^ x);
    lines++;
  }
  SAY("lines %lu sum %lx eof %d", lines, sum, feof(file) != 0);
  fseek(file, 100, SEEK_SET);
  ungetc('Z', file);
  int pushed = getc(file), next = getc(file);
  SAY("%c%c", pushed, isalnum(next) ? 'y' : 'n');
  fclose(file);

  int *numbers = malloc(100000 * sizeof *numbers);
  unsigned seed = 1;
  for (int i = 0; i < 100000; i++) numbers[i] = (int)((seed = seed * 1103515245 + 12345) >> 8);
  qsort(numbers, 100000, sizeof *numbers, compare);
  int sorted = 1;
  for (int i = 1; i < 100000; i++) sorted &= numbers[i - 1] <= numbers[i];
  SAY("sorted %d first %d last %d", sorted, numbers[0], numbers[99999]);
  free(numbers);
  void *blocks[2000];
  for (int round = 0; round < 20; round++) {
    for (int i = 0; i < 2000; i++) blocks[i] = memset(malloc((size_t)(i * 37 % 5000 + 1)), i, 1);
    for (int i = 0; i < 2000; i += 2) blocks[i] = realloc(blocks[i], (size_t)(i * 91 % 9000 + 1));
    for (int i = 0; i < 2000; i++) free(blocks[i]);
  }
  char *large = calloc(1, 50 << 20);
  large[49 << 20] = 9;
  SAY("calloc %d %d", large[1000], large[49 << 20]);
  free(large);

  time_t then = 1000000000;
  struct tm *tm = gmtime(&then);
  strftime(line, sizeof line, "%Y-%m-%d %H:%M:%S %a %j", tm);
  SAY("%s %ld", line, (long)timegm(tm));
  char *one = strtok(strcpy(line, "a,b;c"), ",;"), *two = strtok(NULL, ",;");
  SAY("%s %s %d", one, two, strcasecmp("HeLLo", "hEllO"));
  SAY("%zu %zu", strspn("aabbc", "ab"), strcspn("hello", "l"));
  SAY("%ls", L"wide");
  return 0;
}
