/** A POSIX message queue, mq_overview(7): messages by priority, and an open of it. */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import { WaitQueue } from '../../nucleus/executive/sync.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { SiteId } from '../../nucleus/ids/ui.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { O, Poll, S } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { IpcLimits } from '../../subsystems/unix/ipc.ts';
import type { Pid, Stat } from '../../subsystems/unix/sys.ts';
import { isMember } from '../protocols/credentials.ts';
import type { HeldObject } from '../protocols/hold-table.ts';
import { PollQueue } from '../protocols/poll-queue.ts';
import type { Who } from './ipc-object.ts';

export interface Prioritized {
  readonly data: Uint8Array;
  readonly priority: number;
}

/** Who is told of the next message in an empty queue. */
export interface Notice {
  readonly handle: QueueHandle;
  readonly pid: Pid;
  readonly site: SiteId;
  readonly signal: number;
  readonly value: Uint8Array | undefined;
}

/** st_dev of queues. */
const QUEUE_DEVICE = 0x0f;

export class PosixQueue {
  readonly id: number;
  readonly name: string;
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly attributes: Stat;
  readonly changed = new PollQueue();
  readonly messages: Prioritized[] = [];
  notice: Notice | null = null;
  handles = 0;
  isLinked = true;
  /** Receivers that wait: they are served before anybody is notified. */
  private readonly receivers = new WaitQueue();
  private readonly senders = new WaitQueue();

  constructor(
    id: number,
    name: string,
    limits: { messages: number; bytes: number },
    mode: number,
    { uid, gid }: Who,
    nowMs: number,
  ) {
    this.id = id;
    this.name = name;
    this.maxMessages = limits.messages;
    this.maxBytes = limits.bytes;
    this.attributes = {
      dev: QUEUE_DEVICE,
      ino: id,
      mode: S.IFREG | (mode & 0o777),
      nlink: 1,
      uid,
      gid,
      rdev: 0,
      size: 80,
      blksize: 4096,
      blocks: 0,
      atimeMs: nowMs,
      mtimeMs: nowMs,
      ctimeMs: nowMs,
    };
  }

  /** Bits 4 read, 2 write. Throws EACCES. */
  demand(who: Who, access: number): void {
    const { mode, uid, gid } = this.attributes;
    const granted = who.uid === uid ? mode >> 6 : isMember(who, gid) ? mode >> 3 : mode;
    if (who.uid !== 0 && (access & ~granted) !== 0) throw new SysError('EACCES');
  }

  /** `told` hears of a message that nobody waited for. Throws EAGAIN, ETIMEDOUT, K_EABORT. */
  send(
    thread: Thread,
    message: Prioritized,
    wait: { nonblocking: boolean; limitMs: number },
    nucleus: Nucleus,
    told: (notice: Notice) => void,
  ): Awaitable<void> {
    if (this.messages.length < this.maxMessages) return this.put(message, told);
    const room = this.waitFor(
      thread,
      this.senders,
      wait,
      nucleus,
      () => this.messages.length < this.maxMessages,
    );
    return room.then(() => this.put(message, told));
  }

  /** Throws EAGAIN, ETIMEDOUT, K_EABORT. */
  receive(
    thread: Thread,
    wait: { nonblocking: boolean; limitMs: number },
    nucleus: Nucleus,
  ): Awaitable<Prioritized> {
    if (this.messages.length > 0) return this.take();
    return this.waitFor(thread, this.receivers, wait, nucleus, () => this.messages.length > 0).then(() =>
      this.take(),
    );
  }

  private async waitFor(
    thread: Thread,
    queue: WaitQueue,
    { nonblocking, limitMs }: { nonblocking: boolean; limitMs: number },
    { clock }: Nucleus,
    ready: () => boolean,
  ): Promise<void> {
    if (nonblocking) throw new SysError('EAGAIN');
    const deadlineMs = clock.monotonic() + limitMs;
    while (!ready()) {
      const delayMs = limitMs < 0 ? -1 : Math.max(0, deadlineMs - clock.monotonic());
      try {
        await queue.wait(thread, { abortable: true, delayMs });
      } catch (error) {
        throw isKError(error, 'K_ETIMEOUT') ? new SysError('ETIMEDOUT') : error;
      }
    }
  }

  /** Behind those of the same priority. */
  private put(message: Prioritized, told: (notice: Notice) => void): void {
    const { messages, notice } = this;
    let at = messages.length;
    while (at > 0 && messages[at - 1]!.priority < message.priority) at -= 1;
    messages.splice(at, 0, { data: new Uint8Array(message.data), priority: message.priority });
    if (messages.length === 1 && notice && this.receivers.length === 0) {
      this.notice = null;
      told(notice);
    }
    this.receivers.wakeAll();
    this.changed.wakeInput();
  }

  private take(): Prioritized {
    const message = this.messages.shift()!;
    this.senders.wakeAll();
    this.changed.wakeOutput();
    return message;
  }

  /** What read(2) shows of a queue. */
  describe(): string {
    const bytes = this.messages.reduce((sum, { data }) => sum + data.length, 0);
    const { signal = 0, pid = 0 } = this.notice ?? {};
    const kind = this.notice && signal === 0 ? 1 : 0;
    const column = (value: number): string => String(value).padEnd(5);
    return `QSIZE:${String(bytes).padEnd(10)} NOTIFY:${column(kind)} SIGNO:${column(signal)} NOTIFY_PID:${String(pid).padEnd(6)}\n`;
  }
}

/** One open of a queue: what descriptors share. */
export class QueueHandle implements HeldObject {
  readonly queue: PosixQueue;
  readonly holders = new Set<SiteId>();
  flags: number;
  /** Read position in what `describe` shows. */
  offset = 0;
  private readonly onClose: () => void;

  constructor(queue: PosixQueue, flags: number, onClose: () => void) {
    this.queue = queue;
    this.flags = flags & (O.ACCMODE | O.NONBLOCK);
    this.onClose = onClose;
    queue.handles += 1;
  }

  get nonblocking(): boolean {
    return (this.flags & O.NONBLOCK) !== 0;
  }

  get readable(): boolean {
    return (this.flags & O.ACCMODE) !== O.WRONLY;
  }

  get writable(): boolean {
    return (this.flags & O.ACCMODE) !== O.RDONLY;
  }

  readiness(): number {
    const { messages, maxMessages } = this.queue;
    const input = messages.length > 0 ? Poll.IN | Poll.RDNORM : 0;
    return input | (messages.length < maxMessages ? Poll.OUT | Poll.WRNORM : 0);
  }

  closed(): void {
    const { queue } = this;
    if (queue.notice?.handle === this) queue.notice = null;
    queue.handles -= 1;
    this.onClose();
  }
}

/** The limits of a new queue; 0: the default. Throws EINVAL. */
export function queueLimits(
  messages: number,
  bytes: number,
  { uid }: Who,
): { messages: number; bytes: number } {
  const { MQ_BYTES, MQ_BYTES_MAX, MQ_MESSAGES, MQ_MESSAGES_MAX } = IpcLimits;
  if (messages === 0 && bytes === 0) return { messages: MQ_MESSAGES, bytes: MQ_BYTES };
  const [most, largest] = uid === 0 ? [MQ_MESSAGES_MAX, MQ_BYTES_MAX] : [MQ_MESSAGES, MQ_BYTES];
  if (messages < 1 || messages > most || bytes < 1 || bytes > largest) throw new SysError('EINVAL');
  return { messages, bytes };
}
