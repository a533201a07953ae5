import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteQueue } from '../../drivers/byte-queue.ts';

describe('the byte queue', () => {
  it('gives the bytes in order, and never touches what it gave', () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 9000 }));
    const step = fc.record({ take: fc.boolean(), size });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const queue = new ByteQueue();
        const given: { data: Uint8Array; copy: Uint8Array }[] = [];
        let written = 0;
        let read = 0;
        for (const { take, size: count } of steps) {
          if (take) {
            const data = queue.take(count);
            expect(data).toHaveLength(Math.min(count, written - read));
            given.push({ data, copy: data.slice() });
            expect(data.every((byte, i) => byte === ((read + i) & 0xff))).toBe(true);
            read += data.length;
          } else {
            const data = Uint8Array.from({ length: count }, (_, i) => (written + i) & 0xff);
            queue.append(data);
            data.fill(255);
            written += count;
          }
          expect(queue.length).toBe(written - read);
        }
        for (const { data, copy } of given) expect(data).toEqual(copy);
      }),
      { numRuns: 200 },
    );
  });
});
