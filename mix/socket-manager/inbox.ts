/**
 * What waits at a socket to be received: bytes of a stream, or whole messages. Both count what they hold
 * against the socket's buffer and carry what travels beside the bytes (Control).
 *
 * A stream is cut where descriptors come along (a read never goes past the bytes that they were sent with)
 * and, for readers that ask for credentials, where the sender changes: `runs` are the pieces between.
 */
import { ByteQueue } from '../../drivers/byte-queue.ts';
import type { PacketHeader, SocketAddress } from '../../subsystems/unix/sockets.ts';
import type { Control } from '../protocols/socket.ts';
import { SocketManagerLimits } from './limits.ts';

/** What one receive gets. */
export interface Taken {
  data: Uint8Array;
  /** Of the whole message: longer than `data` when it was cut. */
  length: number;
  control: Control | null;
  from: SocketAddress | null;
  /** Of an internet datagram. */
  header?: PacketHeader | undefined;
  /** Whether it ended a record. */
  record: boolean;
  /** Bytes of buffer that became free. */
  freed: number;
}

interface Run {
  readonly bytes: ByteQueue;
  control: Control | null;
}

const NO_BYTES = new Uint8Array(0);

function sameSender(a: Control | null, b: Control | null): boolean {
  if (a === null || b === null) return a === b;
  const x = a.credentials;
  const y = b.credentials;
  return x.pid === y.pid && x.uid === y.uid && x.gid === y.gid;
}

export class StreamInbox {
  readonly messages = false;
  length = 0;
  private runs: Run[] = [];

  get empty(): boolean {
    return this.length === 0;
  }

  /** Puts `data` at the end: a copy, unless it is `owned`. */
  append(data: Uint8Array, control: Control | null, owned: boolean): void {
    if (data.length === 0) return;
    this.length += data.length;
    const last = this.runs[this.runs.length - 1];
    if (
      last &&
      !control?.rights.length &&
      !last.control?.rights.length &&
      sameSender(last.control, control)
    ) {
      last.bytes.append(data, owned);
      return;
    }
    const run: Run = { bytes: new ByteQueue(), control };
    run.bytes.append(data, owned);
    this.runs.push(run);
  }

  /** Up to `max` bytes. `sender`: not across a change of sender. */
  take(max: number, peek: boolean, sender: boolean): Taken {
    const parts: Uint8Array[] = [];
    let total = 0;
    let used = 0;
    let control: Control | null = null;
    for (const run of this.runs) {
      if (total === max || (sender && used > 0 && !sameSender(control, run.control))) break;
      const data = peek ? run.bytes.peek(max - total) : run.bytes.take(max - total);
      parts.push(data);
      total += data.length;
      used += 1;
      control = run.control;
      if (run.control?.rights.length) {
        // What is left of these bytes has given its descriptors away.
        if (!peek && run.bytes.length > 0) run.control = { ...run.control, rights: [] };
        break;
      }
    }
    if (!peek) {
      this.length -= total;
      while (this.runs.length > 0 && this.runs[0]!.bytes.length === 0) this.runs.shift();
    }
    const data = parts.length === 1 ? parts[0]! : joined(parts, total);
    return { data, length: total, control, from: null, record: false, freed: peek ? 0 : total };
  }

  /** Throws all away; returns what travelled beside the bytes. */
  clear(): Control[] {
    const controls = this.runs.flatMap(({ control }) => (control ? [control] : []));
    this.runs = [];
    this.length = 0;
    return controls;
  }
}

function joined(parts: readonly Uint8Array[], total: number): Uint8Array {
  if (total === 0) return NO_BYTES;
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

interface Message {
  readonly data: Uint8Array;
  readonly control: Control | null;
  readonly from: SocketAddress | null;
  readonly header: PacketHeader | undefined;
}

/** Bytes of buffer that a message takes. */
export const messageCost = (bytes: number): number => bytes + SocketManagerLimits.MESSAGE_OVERHEAD;

export class MessageInbox {
  readonly messages = true;
  /** Bytes of buffer in use. */
  length = 0;
  private queue: Message[] = [];
  private at = 0;

  get count(): number {
    return this.queue.length - this.at;
  }

  get empty(): boolean {
    return this.count === 0;
  }

  /** Bytes of the first message: what FIONREAD tells. */
  get firstBytes(): number {
    return this.queue[this.at]?.data.length ?? 0;
  }

  /** A copy of `data`, unless it is `owned`. */
  append(
    data: Uint8Array,
    control: Control | null,
    owned: boolean,
    from: SocketAddress | null = null,
    header?: PacketHeader,
  ): void {
    this.length += messageCost(data.length);
    this.queue.push({ data: owned ? data : new Uint8Array(data), control, from, header });
  }

  /** The first message, cut to `max` bytes. Not to be asked when empty. */
  take(max: number, peek: boolean): Taken {
    const { data, control, from, header } = this.queue[this.at]!;
    let freed = 0;
    if (!peek) {
      freed = messageCost(data.length);
      this.length -= freed;
      this.at += 1;
      if (this.at === this.queue.length || this.at >= 1024) {
        this.queue.splice(0, this.at);
        this.at = 0;
      }
    }
    const cut = peek ? data.slice(0, max) : data.subarray(0, max);
    return { data: cut, length: data.length, control, from, header, record: true, freed };
  }

  clear(): Control[] {
    const controls = this.queue.slice(this.at).flatMap(({ control }) => (control ? [control] : []));
    this.queue = [];
    this.at = 0;
    this.length = 0;
    return controls;
  }
}

export type Inbox = StreamInbox | MessageInbox;
