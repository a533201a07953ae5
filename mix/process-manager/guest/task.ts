/** What the Linux interface asks of its thread and process beyond `Sys`: see subsystems/unix/linux/task. */
import { isKError } from '../../../nucleus/errors.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { ClockDiscipline } from '../../../subsystems/unix/linux/adjtimex.ts';
import type { CloneRequest, CpuClock, Task, Traits } from '../../../subsystems/unix/linux/task.ts';
import { WaitStatus } from '../../../subsystems/unix/signals.ts';
import { type Awaitable, type Environment, type Pid, Terminated } from '../../../subsystems/unix/sys.ts';
import { creationCalls } from '../calls/creation.ts';
import { endProcess } from '../exit.ts';
import { clone } from './clone.ts';
import { cpuSource } from './cpu-clock.ts';
import { endThread } from './end-thread.ts';
import { GuestFutexes } from './futex.ts';
import type { GuestThread } from './guest.ts';
import { GuestIoPriorities } from './io-priority.ts';
import { registerRseq, unregisterRseq } from './rseq.ts';
import { GuestSpace } from './space-calls.ts';
import { GuestScheduling } from './thread-scheduling.ts';
import { GuestSignals } from './thread-signals.ts';
import type { GuestTimers } from './timers.ts';

/** As Linux begins with. */
const TIMER_SLACK_NS = 50_000;

export class GuestTask implements Task {
  readonly space: GuestSpace;
  readonly signals: GuestSignals;
  readonly futexes: GuestFutexes;
  readonly scheduling: GuestScheduling;
  readonly ioPriorities: GuestIoPriorities;
  parentDeathSignal = 0;
  timerSlackNs = TIMER_SLACK_NS;
  defaultSlackNs = TIMER_SLACK_NS;
  private readonly g: GuestThread;

  constructor(g: GuestThread) {
    this.g = g;
    this.space = new GuestSpace(g);
    this.signals = new GuestSignals(g);
    this.futexes = new GuestFutexes(g);
    this.scheduling = new GuestScheduling(g);
    this.ioPriorities = new GuestIoPriorities(g);
  }

  get tid(): Pid {
    return this.g.tid;
  }

  get pid(): Pid {
    return this.g.process.pid;
  }

  get timers(): GuestTimers {
    return this.g.guest.timers;
  }

  setName(which: 'nodename' | 'domainname', name: string): void {
    this.g.process.pm.names[which] = name;
  }

  setTime(ms: number): void {
    const { pm, creds } = this.g.process;
    const { clock } = pm.nucleus;
    if (creds.euid !== 0) throw new SysError('EPERM');
    if (ms < clock.monotonic()) throw new SysError('EINVAL');
    const offsetMs = clock.offsetMs + ms - clock.now();
    clock.offsetMs = offsetMs;
    for (const { port } of pm.others()) {
      pm.background((thread) => pm.peers.setClock(thread, { target: port }, { offsetMs }));
    }
  }

  async sleepUntil(ms: number): Promise<void> {
    const { clock } = this.g.process.pm.nucleus;
    for (let leftMs = ms - clock.now(); leftMs > 0; leftMs = ms - clock.now()) {
      let unwatch = (): void => {};
      try {
        await this.g.thread.block<void>(
          (wait) => {
            unwatch = clock.watch(() => wait.wake(undefined));
            return undefined;
          },
          { abortable: true, delayMs: leftMs },
        );
      } catch (error) {
        if (!isKError(error, 'K_ETIMEOUT')) throw error;
      } finally {
        unwatch();
      }
    }
  }

  cpuTime(clock: CpuClock): number {
    return cpuSource(this.g, clock).now();
  }

  get discipline(): ClockDiscipline {
    return this.g.process.pm.discipline;
  }

  set discipline(discipline: ClockDiscipline) {
    this.g.process.pm.discipline = discipline;
  }

  get traits(): Traits {
    return this.g.process.traits;
  }

  set traits(traits: Traits) {
    this.g.process.traits = traits;
  }

  get barriers(): number {
    return this.g.guest.barriers;
  }

  set barriers(commands: number) {
    this.g.guest.barriers = commands;
  }

  inheritSlack(from: Task): void {
    this.timerSlackNs = from.timerSlackNs;
    this.defaultSlackNs = from.timerSlackNs;
  }

  get clearTid(): number {
    return this.g.clearTid;
  }

  set clearTid(va: number) {
    this.g.clearTid = va;
  }

  get robustList(): number {
    return this.g.robustList;
  }

  set robustList(va: number) {
    this.g.robustList = va;
  }

  get name(): string {
    return this.g.name;
  }

  set name(name: string) {
    this.g.name = name;
    if (this.g.tid === this.pid) this.g.process.comm = name;
  }

  clone(request: CloneRequest): Awaitable<Pid> {
    return clone(this.g, request);
  }

  execve(path: string, argv: readonly string[], env: readonly string[]): Promise<never> {
    return creationCalls.exec(this.g.t, path, argv, environmentOf(env));
  }

  exitThread(code: number): never {
    const { g } = this;
    if (g.guest.threads.size === 1) this.exitProcess(code);
    endThread(g);
    throw new Terminated();
  }

  exitProcess(code: number): never {
    endProcess(this.g.process, WaitStatus.exited(code));
    throw new Terminated();
  }

  yield(): void {
    this.g.attention = 1;
    this.g.gaveWay = true;
  }

  setRseq(va: number, bytes: number, signature: number, on: boolean): void {
    if (on) registerRseq(this.g, { va, bytes, signature });
    else unregisterRseq(this.g, { va, bytes, signature });
  }

  flushInstructions(): void {
    this.g.runtime.processor.engine.flushInstructions();
  }

  findThread(tid: Pid): Pid | undefined {
    return this.g.runtime.findThread(tid)?.pid;
  }
}

/**
 * NAME=VALUE strings; one without '=' names nothing and is left out. Of two with one name the first counts.
 */
function environmentOf(strings: readonly string[]): Environment {
  const env: Environment = Object.create(null) as Environment;
  for (const text of strings) {
    const at = text.indexOf('=');
    if (at <= 0) continue;
    const name = text.slice(0, at);
    env[name] ??= text.slice(at + 1);
  }
  return env;
}
