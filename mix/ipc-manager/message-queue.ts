/** A message queue, msgop(2): messages with types, kept in order of arrival. */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import type { Clock } from '../../nucleus/clock.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import {
  IPC,
  type IpcChange,
  IpcLimits,
  type IpcMessage,
  MSGFLAG,
  type QueueStat,
} from '../../subsystems/unix/ipc.ts';
import { IpcObject, READ, type Who, WRITE } from './ipc-object.ts';

export class MessageQueue extends IpcObject {
  readonly kind = 'msg';
  private messages: IpcMessage[] = [];
  private bytes = 0;
  private maxBytes: number = IpcLimits.MSGMNB;
  private lastSender = 0;
  private lastReceiver = 0;
  private sendMs = 0;
  private receiveMs = 0;

  checkSize(): void {}

  override change(who: Who, change: IpcChange, nowMs: number): void {
    const { qbytes } = change;
    if (qbytes !== undefined && qbytes > IpcLimits.MSGMNB && who.uid !== 0) throw new SysError('EPERM');
    super.change(who, change, nowMs);
    if (qbytes !== undefined) this.maxBytes = qbytes;
  }

  /** Copies `data`. Throws EACCES, EINVAL, EAGAIN, EIDRM, K_EABORT. */
  send(
    thread: Thread,
    who: Who,
    message: IpcMessage & { flags: number; pid: number },
    clock: Clock,
  ): Awaitable<void> {
    const { type, data, flags } = message;
    if (type < 1 || data.length > IpcLimits.MSGMAX) throw new SysError('EINVAL');
    this.demand(who, WRITE);
    if (this.hasRoom(data.length)) return this.put(message, clock);
    if (flags & IPC.NOWAIT) throw new SysError('EAGAIN');
    return this.sendWaiting(thread, message, clock);
  }

  /** A queue of no bytes still has bounds: no more messages than it may have bytes. */
  private hasRoom(bytes: number): boolean {
    return this.bytes + bytes <= this.maxBytes && this.messages.length + 1 <= this.maxBytes;
  }

  private async sendWaiting(
    thread: Thread,
    message: IpcMessage & { pid: number },
    clock: Clock,
  ): Promise<void> {
    while (!this.hasRoom(message.data.length)) {
      await this.changed.wait(thread);
      this.checkThere();
    }
    this.put(message, clock);
  }

  private put({ type, data, pid }: IpcMessage & { pid: number }, clock: Clock): void {
    this.messages.push({ type, data: new Uint8Array(data) });
    this.bytes += data.length;
    this.lastSender = pid;
    this.sendMs = clock.now();
    this.changed.wakeAll();
  }

  /** Throws EACCES, E2BIG, ENOMSG, EINVAL, EIDRM, K_EABORT. */
  receive(
    thread: Thread,
    who: Who,
    request: { max: number; type: number; flags: number; pid: number },
    clock: Clock,
  ): Awaitable<IpcMessage> {
    const { flags, max, type } = request;
    this.demand(who, READ);
    if (flags & MSGFLAG.COPY) return this.copy(request);
    const index = this.find(type, flags);
    if (index >= 0) return this.take(index, request, clock);
    if (flags & IPC.NOWAIT) throw new SysError('ENOMSG');
    if (max < 0) throw new SysError('EINVAL');
    return this.receiveWaiting(thread, request, clock);
  }

  private async receiveWaiting(
    thread: Thread,
    request: { max: number; type: number; flags: number; pid: number },
    clock: Clock,
  ): Promise<IpcMessage> {
    for (;;) {
      await this.changed.wait(thread);
      this.checkThere();
      const index = this.find(request.type, request.flags);
      if (index >= 0) return this.take(index, request, clock);
    }
  }

  /** 0: the first; > 0: the first of that type (MSG_EXCEPT: of another); < 0: of the lowest type up to it. */
  private find(type: number, flags: number): number {
    const { messages } = this;
    if (type === 0) return messages.length > 0 ? 0 : -1;
    if (type > 0) {
      const except = (flags & MSGFLAG.EXCEPT) !== 0;
      return messages.findIndex((message) => (message.type === type) !== except);
    }
    let best = -1;
    for (const [i, message] of messages.entries()) {
      if (message.type <= -type && (best < 0 || message.type < messages[best]!.type)) best = i;
    }
    return best;
  }

  private take(
    index: number,
    { max, flags, pid }: { max: number; flags: number; pid: number },
    clock: Clock,
  ): IpcMessage {
    const message = this.messages[index]!;
    const cut = this.cut(message, max, flags);
    this.messages.splice(index, 1);
    this.bytes -= message.data.length;
    this.lastReceiver = pid;
    this.receiveMs = clock.now();
    this.changed.wakeAll();
    return cut;
  }

  /** Throws E2BIG. */
  private cut({ type, data }: IpcMessage, max: number, flags: number): IpcMessage {
    if (data.length <= max) return { type, data };
    if (!(flags & MSGFLAG.NOERROR)) throw new SysError('E2BIG');
    return { type, data: data.subarray(0, max) };
  }

  /** MSG_COPY: `type` is a place in the queue; the message stays. */
  private copy({ max, type, flags }: { max: number; type: number; flags: number }): IpcMessage {
    if (!(flags & IPC.NOWAIT) || flags & MSGFLAG.EXCEPT) throw new SysError('EINVAL');
    const message = this.messages[type];
    if (!message) throw new SysError('ENOMSG');
    return this.cut({ ...message, data: new Uint8Array(message.data) }, max, flags);
  }

  stat(): QueueStat {
    const { permissions, sendMs, receiveMs, changeMs, bytes, maxBytes, lastSender, lastReceiver } = this;
    const count = this.messages.length;
    return {
      permissions: { ...permissions },
      sendMs,
      receiveMs,
      changeMs,
      bytes,
      count,
      maxBytes,
      lastSender,
      lastReceiver,
    };
  }
}
