/**
 * adjtimex(2) and clock_adjtime(2): the state of the clock's discipline is kept and told, by the kernel's
 * rules; the clock follows offsets at once (ADJ_SETOFFSET, and what adjtime(3) would slew), and no frequency.
 */
import { SysError } from '../errno.ts';
import type { Caller } from './caller.ts';

/** Bits of `modes`. */
const Adj = {
  FREQUENCY: 0x2,
  MAXERROR: 0x4,
  ESTERROR: 0x8,
  STATUS: 0x10,
  TIMECONST: 0x20,
  TAI: 0x80,
  SETOFFSET: 0x100,
  MICRO: 0x1000,
  NANO: 0x2000,
  TICK: 0x4000,
  /** adjtime(3): with SINGLESHOT; READONLY (NANO's bit) only asks. */
  ADJTIME: 0x8000,
  SINGLESHOT: 0x1,
  READONLY: 0x2000,
} as const;

const Sta = { UNSYNC: 0x40, CLOCKERR: 0x1000, NANO: 0x2000, READ_ONLY: 0xff00 } as const;
const TIME_OK = 0;
const TIME_ERROR = 5;

const FREQUENCY_MAX = 500 * 65536;
const ERROR_MAX = 16_000_000;
const CONSTANT_MAX = 10;
const TAI_MAX = 100_000;
const [TICK_MIN, TICK_MAX] = [9_000, 11_000] as const;

/** Frequency in 2^-16 ppm, errors in µs, a tick in µs, TAI - UTC in s. */
export interface ClockDiscipline {
  readonly frequency: number;
  readonly maxError: number;
  readonly estimatedError: number;
  readonly status: number;
  readonly constant: number;
  readonly tick: number;
  readonly tai: number;
}

export const UNDISCIPLINED: ClockDiscipline = {
  frequency: 0,
  maxError: ERROR_MAX,
  estimatedError: ERROR_MAX,
  status: Sta.UNSYNC,
  constant: 2,
  tick: 10_000,
  tai: 0,
};

/** struct timex: offsets of its fields, all i64 but modes, status and tai. */
const Field = {
  modes: 0,
  offset: 8,
  frequency: 16,
  maxError: 24,
  estimatedError: 32,
  status: 40,
  constant: 48,
  precision: 56,
  tolerance: 64,
  seconds: 72,
  fraction: 80,
  tick: 88,
  tai: 160,
} as const;
const TIMEX_BYTES = 208;

export function adjtimex(c: Caller, va: number): number {
  const { memory, task } = c;
  memory.prepareWrite(va, TIMEX_BYTES);
  const modes = memory.u32(va + Field.modes);
  const value = (field: keyof typeof Field): number => memory.i64(va + Field[field]);
  check(c, modes, value('tick'));
  const single = (modes & Adj.ADJTIME) !== 0;
  if (!single) task.discipline = changed(task.discipline, modes, value, memory.i32(va + Field.status));
  if ((modes & Adj.SETOFFSET) !== 0) {
    const unit = modes & Adj.NANO ? 1e-6 : 1e-3;
    const fraction = value('fraction') * unit;
    if (fraction < 0 || fraction >= 1000) throw new SysError('EINVAL');
    task.setTime(c.sys.now() + value('seconds') * 1000 + fraction);
  } else if (single && (modes & Adj.READONLY) === 0) task.setTime(c.sys.now() + value('offset') / 1000);
  tell(c, va, task.discipline);
  return task.discipline.status & (Sta.UNSYNC | Sta.CLOCKERR) ? TIME_ERROR : TIME_OK;
}

/** Throws EINVAL, EPERM. */
function check(c: Caller, modes: number, tick: number): void {
  const single = (modes & Adj.ADJTIME) !== 0;
  if (single && (modes & Adj.SINGLESHOT) === 0) throw new SysError('EINVAL');
  const asks = modes === 0 || (single && (modes & Adj.READONLY) !== 0);
  if (!asks && c.sys.geteuid() !== 0) throw new SysError('EPERM');
  if (!single && (modes & Adj.TICK) !== 0 && (tick < TICK_MIN || tick > TICK_MAX))
    throw new SysError('EINVAL');
}

const within = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

function changed(
  before: ClockDiscipline,
  modes: number,
  value: (field: keyof typeof Field) => number,
  newStatus: number,
): ClockDiscipline {
  const on = (mode: number): boolean => (modes & mode) !== 0;
  let { status, constant, tai } = before;
  if (on(Adj.STATUS)) status = (status & Sta.READ_ONLY) | (newStatus & ~Sta.READ_ONLY);
  if (on(Adj.NANO)) status |= Sta.NANO;
  if (on(Adj.MICRO)) status &= ~Sta.NANO;
  if (on(Adj.TIMECONST)) constant = within(value('constant') + (status & Sta.NANO ? 0 : 4), 0, CONSTANT_MAX);
  const wanted = value('constant');
  if (on(Adj.TAI) && wanted >= 0 && wanted <= TAI_MAX) tai = wanted;
  return {
    status,
    constant,
    tai,
    frequency: on(Adj.FREQUENCY)
      ? within(value('frequency'), -FREQUENCY_MAX, FREQUENCY_MAX)
      : before.frequency,
    maxError: on(Adj.MAXERROR) ? within(value('maxError'), 0, ERROR_MAX) : before.maxError,
    estimatedError: on(Adj.ESTERROR) ? within(value('estimatedError'), 0, ERROR_MAX) : before.estimatedError,
    tick: on(Adj.TICK) ? value('tick') : before.tick,
  };
}

function tell(c: Caller, va: number, now: ClockDiscipline): void {
  const view = new DataView(new ArrayBuffer(TIMEX_BYTES));
  const put = (field: keyof typeof Field, value: number): void =>
    view.setBigInt64(Field[field], BigInt(Math.floor(value)), true);
  view.setUint32(Field.modes, c.memory.u32(va), true);
  put('frequency', now.frequency);
  put('maxError', now.maxError);
  put('estimatedError', now.estimatedError);
  view.setInt32(Field.status, now.status, true);
  put('constant', now.constant);
  put('precision', 1);
  put('tolerance', FREQUENCY_MAX);
  const nowMs = c.sys.now();
  put('seconds', nowMs / 1000);
  put('fraction', (nowMs % 1000) * (now.status & Sta.NANO ? 1e6 : 1000));
  put('tick', now.tick);
  view.setInt32(Field.tai, now.tai, true);
  c.memory.write(va, new Uint8Array(view.buffer));
}
