/*
 * The kinds of work that CoreMark measures, written anew: linked lists that are searched and sorted, small
 * integer matrices, a state machine over text, and a CRC over all results. Argument: rounds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { ITEMS = 120, SIDE = 18, TEXT = 400 };

struct item {
  struct item *next;
  int16_t key, data;
};
static struct item items[ITEMS];
static int16_t left[SIDE][SIDE], right[SIDE][SIDE];
static int32_t product[SIDE][SIDE];
static char text[TEXT];

static uint16_t crc16(uint16_t crc, uint32_t value) {
  for (int bit = 0; bit < 32; bit++) {
    crc = (uint16_t)((crc >> 1) ^ (((crc ^ value) & 1) ? 0xa001 : 0));
    value >>= 1;
  }
  return crc;
}

static struct item *sort(struct item *list, int by_key) {
  if (!list || !list->next) return list;
  struct item *slow = list, *fast = list->next;
  while (fast && fast->next) slow = slow->next, fast = fast->next->next;
  struct item *second = slow->next;
  slow->next = NULL;
  struct item *a = sort(list, by_key), *b = sort(second, by_key), head, *tail = &head;
  while (a && b) {
    int first = by_key ? a->key <= b->key : a->data <= b->data;
    struct item **from = first ? &a : &b;
    tail = tail->next = *from;
    *from = (*from)->next;
  }
  tail->next = a ? a : b;
  return head.next;
}

static uint16_t lists(uint16_t crc, unsigned round) {
  for (int i = 0; i < ITEMS; i++) {
    items[i].key = (int16_t)((i * 7919 + round) % 251);
    items[i].data = (int16_t)(i ^ round);
    items[i].next = i + 1 < ITEMS ? &items[i + 1] : NULL;
  }
  struct item *list = items;
  for (int wanted = 0; wanted < 20; wanted++) {
    int steps = 0;
    for (struct item *at = list; at && at->key != wanted * 12; at = at->next) steps++;
    crc = crc16(crc, (uint32_t)steps);
  }
  list = sort(sort(list, 1), 0);
  for (struct item *at = list; at; at = at->next) crc = (uint16_t)(crc * 31 + at->key);
  return crc;
}

static uint16_t matrices(uint16_t crc, unsigned round) {
  for (int i = 0; i < SIDE; i++) {
    for (int j = 0; j < SIDE; j++) left[i][j] = (int16_t)(i + j + round), right[i][j] = (int16_t)(i * j - round);
  }
  for (int i = 0; i < SIDE; i++) {
    for (int j = 0; j < SIDE; j++) {
      int32_t sum = 0;
      for (int k = 0; k < SIDE; k++) sum += left[i][k] * right[k][j];
      product[i][j] = sum;
    }
  }
  for (int i = 0; i < SIDE; i++) crc = crc16(crc, (uint32_t)product[i][(i * 5) % SIDE]);
  return crc;
}

static uint16_t machine(uint16_t crc, unsigned round) {
  static const char *const words[] = {"5012", "-874", "+1.5e3", ".123", "0x1f", "12.5x", "e7", "-"};
  int at = 0;
  for (unsigned i = round; at < TEXT - 10; i++) {
    for (const char *w = words[i % 8]; *w; w++) text[at++] = *w;
    text[at++] = ',';
  }
  text[at] = 0;
  int counts[6] = {0}, state = 0;
  for (const char *p = text; *p; p++) {
    int digit = *p >= '0' && *p <= '9';
    switch (state) {
      case 0: state = digit ? 1 : *p == '-' || *p == '+' ? 2 : *p == '.' ? 3 : 5; break;
      case 1: state = digit ? 1 : *p == '.' ? 3 : *p == ',' ? 0 : *p == 'e' ? 4 : 5; break;
      case 2: state = digit ? 1 : *p == '.' ? 3 : 5; break;
      case 3: state = digit ? 3 : *p == 'e' ? 4 : *p == ',' ? 0 : 5; break;
      case 4: state = digit ? 4 : *p == ',' ? 0 : 5; break;
      default: state = *p == ',' ? 0 : 5;
    }
    counts[state]++;
  }
  for (int i = 0; i < 6; i++) crc = crc16(crc, (uint32_t)counts[i]);
  return crc;
}

int main(int argc, char **argv) {
  unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 3000;
  uint16_t crc = 0;
  for (unsigned round = 0; round < rounds; round++) crc = machine(matrices(lists(crc, round), round), round);
  printf("%04x\n", crc);
  return 0;
}
