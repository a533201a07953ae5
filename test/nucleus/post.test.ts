/** The packets laid out by hand come back as they went in, alone or among others. Sent frames queue. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SYSTEM_PI } from '../../nucleus/ids/capability.ts';
import { type UI, uiBuild } from '../../nucleus/ids/ui.ts';
import { decodeHead, encodeFrame, type FrameHead, FrameKind, packetsOf } from '../../nucleus/ipc/frame.ts';
import { type Post, postCodec, replyCodec } from '../../nucleus/ipc/post.ts';
import { type SentFrame, SentFrames } from '../../nucleus/ipc/sent-frames.ts';

const HEAD: FrameHead = {
  kind: FrameKind.data,
  session: 1_790_000_000_000,
  peerSession: 1_790_000_000_001,
  sequence: 7,
  acknowledged: 6,
  stamp: 2 ** 40,
  epoch: 0xfffe,
};

/** Prototypes are compared too. */
const PLAIN = { noNullPrototype: true };
const count = fc.maxSafeNat();
const ui = fc
  .tuple(fc.constantFrom(0, 1, 2, 7), fc.nat(0x1fff), fc.nat(0xffff), fc.nat())
  .map(([type, site, epoch, counter]) => uiBuild(type as 0 | 1 | 2 | 7, site, epoch, counter));
const pi = fc.oneof(
  fc.constant({ uid: 0, gid: 0, domain: 0 }),
  fc.record({ uid: fc.nat(), gid: fc.nat(), domain: fc.nat() }, PLAIN),
);
const message = fc.oneof(
  fc.constant(null),
  fc.tuple(fc.string(), fc.nat(), fc.array(fc.oneof(fc.nat(), fc.string(), fc.boolean()))),
  fc.nat(40_000).map((size) => [null, null, Buffer.alloc(size, 5)]),
);
const post: fc.Arbitrary<Post> = fc.record(
  {
    target: ui,
    call: count,
    srcPort: fc.option(ui),
    srcSite: fc.nat(0x1fff),
    transId: count,
    actorPi: pi,
    portPi: pi,
    message,
  },
  PLAIN,
);
const reply = fc.record({ call: count, code: fc.integer({ min: -200, max: 1000 }), result: message }, PLAIN);

const postTo = (target: UI): Post => ({
  target,
  call: 1,
  srcPort: null,
  srcSite: 1,
  transId: 1,
  actorPi: SYSTEM_PI,
  portPi: SYSTEM_PI,
  message: null,
});

describe('posts and replies', () => {
  it('come back out of a frame as they went in', () => {
    fc.assert(
      fc.property(
        fc.array(post, { minLength: 1, maxLength: 4 }),
        fc.array(reply, { maxLength: 4 }),
        (posts, replies) => {
          const packed = [
            ...posts.map((each) => postCodec.pack(4, each)),
            ...replies.map((each) => replyCodec.pack(5, each)),
          ];
          const frames = encodeFrame(HEAD, packed).map((frame) => Buffer.from(frame));
          expect(decodeHead(frames)).toEqual(HEAD);
          const arrived = packetsOf(frames);
          expect(arrived.map(({ kind }) => kind)).toEqual([...posts.map(() => 4), ...replies.map(() => 5)]);
          const back = arrived.map((packet) => (packet.kind === 4 ? postCodec : replyCodec).unpack(packet));
          // Not toEqual: it looks at every byte by itself.
          expect(isDeepStrictEqual(back, [...posts, ...replies])).toBe(true);
        },
      ),
    );
  });

  it('with a target that is no UI, they are refused', () => {
    for (const target of ['\0'.repeat(16), 'x'.repeat(16), '']) {
      const [first] = encodeFrame(HEAD, [postCodec.pack(4, postTo(target as UI))]);
      decodeHead([first!]);
      expect(() => postCodec.unpack(packetsOf([first!])[0]!)).toThrow('expected ui');
    }
  });

  it('cut off anywhere, they are refused', () => {
    fc.assert(
      fc.property(post, fc.double({ min: 0, max: 0.999, noNaN: true }), (value, part) => {
        const [first, ...raws] = encodeFrame(HEAD, [postCodec.pack(4, value)]);
        const cut = Buffer.from(first!).subarray(0, Math.floor(first!.length * part));
        const read = (): unknown => {
          decodeHead([cut, ...raws]);
          return packetsOf([cut, ...raws]);
        };
        expect(read).toThrow();
      }),
    );
  });
});

describe('sent frames', () => {
  it('are a queue', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 })), (steps) => {
        const sent = new SentFrames();
        const model: SentFrame[] = [];
        for (const step of steps) {
          for (let i = 0; i < step; i++) {
            const frame = { frames: [], bytes: i, firstMs: -1, dueMs: 0, waitMs: 1 };
            sent.push(frame);
            model.push(frame);
          }
          for (let i = 0; i < (step * 7) % 50; i++) expect(sent.shift()).toBe(model.shift());
          expect([sent.size, sent.oldest]).toEqual([model.length, model[0]]);
          expect([...sent.values()]).toEqual(model);
        }
      }),
    );
  });
});
