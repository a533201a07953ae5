/**
 * /proc/chorus/trace: trace events of all sites as JSON lines, for as long as it is read. Opening turns the
 * tracers on, closing turns them off. What the reader causes by reading is left out, or the trace would feed
 * on itself.
 *
 * A reader that is too slow loses the oldest lines, and is told how many.
 */
import { WaitQueue } from '../../../nucleus/executive/sync.ts';
import type { Thread } from '../../../nucleus/executive/thread.ts';
import { isUi, type UI } from '../../../nucleus/ids/ui.ts';
import type { TraceEvent } from '../../../nucleus/trace/tracer.ts';
import { O } from '../../../subsystems/unix/constants.ts';
import type { Manager } from '../manager.ts';

/** Bytes kept for a reader. */
export const TRACE_BACKLOG_BYTES = 4 * 1024 * 1024;

/** Asked of another site in one message. */
const READ_BYTES = 32768;

export class TraceReader {
  private readonly lines: string[] = [];
  private bytes = 0;
  private lost = 0;
  private readonly waiting = new WaitQueue<void>();
  private readonly closers: (() => void)[] = [];
  /** Ports that serve traces: their messages are left out. */
  readonly ports: Set<UI>;
  closed = false;

  /** `reader`: pid of who opened it. */
  constructor(pm: Manager, reader: number, ports: Set<UI>) {
    const own = `[${reader}]`;
    this.ports = ports;
    const stop = pm.nucleus.tracer.subscribe((event) => {
      if (event.actor?.endsWith(own) || (event.port && ports.has(event.port))) return;
      this.add(event);
    });
    this.closers.push(stop);
  }

  onClose(fn: () => void): void {
    this.closers.push(fn);
  }

  get ready(): boolean {
    return this.lines.length > 0;
  }

  private add(event: TraceEvent): void {
    this.push(`${JSON.stringify(event)}\n`);
  }

  /** Lines of this or another site. */
  push(text: string): void {
    this.lines.push(text);
    this.bytes += text.length;
    while (this.bytes > TRACE_BACKLOG_BYTES && this.lines.length > 1) {
      this.bytes -= this.lines.shift()!.length;
      this.lost += 1;
    }
    this.waiting.wakeAll(undefined);
  }

  wait(thread: Thread): Promise<void> {
    return this.waiting.wait(thread);
  }

  /** At most `max` bytes of whole lines; part of a line when it alone is longer. */
  take(max: number): Uint8Array {
    let text = '';
    if (this.lost > 0) {
      text = `${JSON.stringify({ kind: 'drop', operation: 'trace', detail: `${this.lost} events lost` })}\n`;
      this.lost = 0;
    }
    while (this.lines.length > 0 && text.length + this.lines[0]!.length <= max) text += this.lines.shift()!;
    if (text === '' && this.lines.length > 0) {
      const line = this.lines.shift()!;
      text = line.slice(0, max);
      this.lines.unshift(line.slice(max));
    }
    this.bytes = Math.max(0, this.bytes - text.length);
    return new TextEncoder().encode(text);
  }

  close(): void {
    this.closed = true;
    for (const fn of this.closers) fn();
    this.waiting.wakeAll(undefined);
  }
}

/** Reads the traces of the other sites into one, until it is closed or they are lost. */
export function followOtherSites(pm: Manager, trace: TraceReader): void {
  for (const { port } of pm.others()) {
    pm.background(async (thread) => {
      const { info } = await pm.peers.siteInfo(thread, { target: port }, { what: 'proc' });
      if (isUi(info)) await follow(pm, thread, info, trace);
    });
  }
}

async function follow(pm: Manager, thread: Thread, proc: UI, trace: TraceReader): Promise<void> {
  const dest = { target: proc };
  trace.ports.add(proc);
  const walk = { path: 'chorus/trace.here', links: 0, flags: O.RDONLY, mode: 0, umask: 0 };
  const { key } = await pm.servers.open(thread, dest, walk);
  if (key === undefined) return;
  trace.onClose(() => thread.abort());
  try {
    while (!trace.closed) {
      const { data } = await pm.servers.read(thread, dest, { key, max: READ_BYTES, offset: -1 });
      trace.push(new TextDecoder().decode(data));
    }
  } finally {
    await pm.servers.release(thread, dest, { key });
  }
}
