/** stty: shows and changes the settings of the terminal on standard input (or -F DEVICE). */
import { O } from '../../subsystems/unix/constants.ts';
import type { Fd, Sys } from '../../subsystems/unix/sys.ts';
import {
  type ControlCharacters,
  rawTermios,
  saneTermios,
  type Termios,
  type WindowSize,
} from '../../subsystems/unix/termios.ts';
import { command, Fatal, SysError, UsageError } from './lib/command.ts';
import { quote } from './lib/quote.ts';

const OPTIONS = {
  all: { short: 'a', long: 'all', help: 'print all current settings in human-readable form' },
  save: { short: 'g', long: 'save', help: 'print all current settings in a stty-readable form' },
  file: {
    short: 'F',
    long: 'file',
    arg: 'DEVICE',
    help: 'open and use the specified DEVICE instead of stdin',
  },
} as const;

type Flag = { [K in keyof Termios]: Termios[K] extends boolean ? K : never }[keyof Termios];
type Special = Exclude<keyof ControlCharacters, 'min' | 'time'>;

/** The flags in the order that -a prints them, a line per group. */
const INPUT: readonly Flag[] = [
  'ignbrk',
  'brkint',
  'istrip',
  'inlcr',
  'igncr',
  'icrnl',
  'ixon',
  'ixoff',
  'ixany',
  'imaxbel',
  'iutf8',
];
const OUTPUT: readonly Flag[] = ['opost', 'ocrnl', 'onlcr', 'onocr', 'onlret'];
const LOCAL: readonly Flag[] = [
  'isig',
  'icanon',
  'iexten',
  'echo',
  'echoe',
  'echok',
  'echonl',
  'noflsh',
  'tostop',
  'echoctl',
  'echoke',
];
const FLAGS = new Set<string>([...INPUT, ...OUTPUT, ...LOCAL]);
/** Other names of flags, and flags that exist on real lines only: accepted without effect. */
const FLAG_ALIASES: Readonly<Record<string, Flag>> = {
  tandem: 'ixoff',
  crterase: 'echoe',
  ctlecho: 'echoctl',
  crtkill: 'echoke',
};
const INERT = new Set([
  'parenb',
  'parodd',
  'cs5',
  'cs6',
  'cs7',
  'cs8',
  'hupcl',
  'hup',
  'cstopb',
  'cread',
  'clocal',
  'crtscts',
  'ignpar',
  'parmrk',
  'inpck',
  'iuclc',
  'olcuc',
  'ofill',
  'ofdel',
  'xcase',
  'echoprt',
  'prterase',
  'flusho',
  'extproc',
  'decctlq',
]);
const SPECIALS: readonly Special[] = [
  'intr',
  'quit',
  'erase',
  'kill',
  'eof',
  'eol',
  'eol2',
  'start',
  'stop',
  'susp',
  'rprnt',
  'werase',
  'lnext',
  'discard',
];

/** ^C, M-x, <undef> … */
function charText(byte: number): string {
  if (byte === 0) return '<undef>';
  if (byte >= 128) return `M-${charText(byte - 128)}`;
  if (byte === 127) return '^?';
  return byte < 32 ? `^${String.fromCharCode(byte + 64)}` : String.fromCharCode(byte);
}

function charValue(text: string): number {
  if (text === '^-' || text === 'undef' || text === '') return 0;
  if (text === '^?') return 127;
  if (/^\^./.test(text)) return text.charCodeAt(1) & 0x1f;
  if (text.length === 1) return text.charCodeAt(0);
  const value = Number(text.replace(/^0(?=[0-7]+$)/, '0o'));
  if (!Number.isInteger(value) || value < 0 || value > 255)
    throw new UsageError(`invalid integer argument: ${quote(text)}`);
  return value;
}

interface State {
  termios: Termios;
  size: WindowSize;
  sizeChanged: boolean;
}

type Change = (state: State) => void;
const set =
  (values: Partial<Termios>): Change =>
  (state) => {
    state.termios = { ...state.termios, ...values };
  };

function cooked(state: State): void {
  const { cc } = state.termios;
  const restored = { ...cc, eof: cc.eof === 0 ? 4 : cc.eof, eol: cc.eol === 1 ? 0 : cc.eol };
  state.termios = {
    ...state.termios,
    brkint: true,
    istrip: false,
    icrnl: true,
    ixon: true,
    opost: true,
    isig: true,
    icanon: true,
    cc: restored,
  };
}

/** Combination settings. */
const COMBINATIONS: Readonly<Record<string, Change>> = {
  sane: (state) => {
    state.termios = { ...saneTermios(), speed: state.termios.speed };
  },
  raw: (state) => {
    const { echo, echonl, iexten } = state.termios;
    state.termios = { ...rawTermios(state.termios), echo, echonl, iexten };
  },
  '-raw': cooked,
  cooked,
  '-cooked': (state) => COMBINATIONS.raw!(state),
  cbreak: set({ icanon: false }),
  '-cbreak': set({ icanon: true }),
  nl: set({ icrnl: false, onlcr: false }),
  '-nl': set({ icrnl: true, inlcr: false, igncr: false, onlcr: true, ocrnl: false, onlret: false }),
  ek: (state) => {
    state.termios = { ...state.termios, cc: { ...state.termios.cc, erase: 127, kill: 21 } };
  },
  crt: set({ echoe: true, echoctl: true, echoke: true }),
  dec: (state) => {
    const cc = { ...state.termios.cc, intr: 3, erase: 127, kill: 21 };
    state.termios = { ...state.termios, echoe: true, echoctl: true, echoke: true, ixany: false, cc };
  },
  pass8: set({ istrip: false }),
  '-pass8': set({ istrip: true }),
  evenp: () => {},
  oddp: () => {},
  '-evenp': () => {},
  '-oddp': () => {},
};

function savedText({ termios }: State): string {
  const bits = [INPUT, OUTPUT, LOCAL].map((flags) =>
    flags.reduce((mask, flag, i) => mask | (termios[flag] ? 1 << i : 0), 0),
  );
  const chars = [...SPECIALS, 'min' as const, 'time' as const].map((name) => termios.cc[name]);
  return [...bits, termios.speed, ...chars].map((value) => value.toString(16)).join(':');
}

/** The inverse of -g; undefined when it is not such a text. */
function restored(text: string, termios: Termios): Termios | undefined {
  const values = text.split(':').map((hex) => Number.parseInt(hex, 16));
  if (values.length !== 4 + SPECIALS.length + 2 || !/^[0-9a-f:]+$/.test(text)) return undefined;
  const result: Termios = { ...termios, cc: { ...termios.cc }, speed: values[3]! };
  [INPUT, OUTPUT, LOCAL].forEach((flags, group) => {
    flags.forEach((flag, i) => {
      result[flag] = (values[group]! & (1 << i)) !== 0;
    });
  });
  [...SPECIALS, 'min' as const, 'time' as const].forEach((name, i) => {
    result.cc[name] = values[4 + i]!;
  });
  return result;
}

const flagText = (termios: Termios, flags: readonly Flag[]): string =>
  flags.map((flag) => (termios[flag] ? flag : `-${flag}`)).join(' ');

/** Joins items with '; ' into lines of at most `width` columns. */
function wrap(items: readonly string[], width: number, gap: string): string {
  const lines: string[] = [];
  let line = '';
  for (const item of items) {
    if (line !== '' && line.length + gap.length + item.length > width) {
      lines.push(line);
      line = item;
    } else line = line === '' ? item : line + gap + item;
  }
  return [...lines, line].map((text) => `${text}\n`).join('');
}

function allText({ termios, size }: State, width: number): string {
  const { cc } = termios;
  const items = [
    ...SPECIALS.map((name) => `${name} = ${charText(cc[name])};`),
    ...(termios.icanon ? [] : [`min = ${cc.min};`, `time = ${cc.time};`]),
  ];
  return (
    wrap(
      [`speed ${termios.speed} baud;`, `rows ${size.rows};`, `columns ${size.columns};`, 'line = 0;'],
      width,
      ' ',
    ) +
    wrap(items, width, ' ') +
    wrap(flagText(termios, INPUT).split(' '), width, ' ') +
    wrap(flagText(termios, OUTPUT).split(' '), width, ' ') +
    wrap(flagText(termios, LOCAL).split(' '), width, ' ')
  );
}

/** Without operands: what differs from sane. */
function changedText({ termios }: State): string {
  const sane = saneTermios();
  let text = `speed ${termios.speed} baud; line = 0;\n`;
  const chars = SPECIALS.filter((name) => termios.cc[name] !== sane.cc[name]).map(
    (name) => `${name} = ${charText(termios.cc[name])};`,
  );
  if (!termios.icanon) chars.push(`min = ${termios.cc.min};`, `time = ${termios.cc.time};`);
  if (chars.length > 0) text += `${chars.join(' ')}\n`;
  for (const flags of [INPUT, OUTPUT, LOCAL]) {
    const changed = flags.filter((flag) => termios[flag] !== sane[flag]);
    if (changed.length > 0) text += `${flagText(termios, changed)}\n`;
  }
  return text;
}

function integer(text: string | undefined, name: string): number {
  if (text === undefined) throw new UsageError(`missing argument to ${quote(name)}`);
  if (!/^\d+$/.test(text)) throw new UsageError(`invalid integer argument: ${quote(text)}`);
  return Number(text);
}

/** Applies one setting; returns how many further words it took. */
function apply(state: State, word: string, next: string | undefined): number {
  const combination = Object.hasOwn(COMBINATIONS, word) ? COMBINATIONS[word] : undefined;
  if (combination) {
    combination(state);
    return 0;
  }
  const name = word.replace(/^-/, '');
  const flag = FLAGS.has(name) ? (name as Flag) : FLAG_ALIASES[name];
  if (flag) {
    state.termios = { ...state.termios, [flag]: !word.startsWith('-') };
    return 0;
  }
  if (INERT.has(name)) return 0;
  const cc =
    SPECIALS.includes(word as Special) || word === 'min' || word === 'time'
      ? (word as keyof ControlCharacters)
      : undefined;
  if (cc) {
    if (next === undefined) throw new UsageError(`missing argument to ${quote(word)}`);
    const value = cc === 'min' || cc === 'time' ? integer(next, word) : charValue(next);
    state.termios = { ...state.termios, cc: { ...state.termios.cc, [cc]: value } };
    return 1;
  }
  if (word === 'rows' || word === 'cols' || word === 'columns') {
    const value = integer(next, word);
    state.size = word === 'rows' ? { ...state.size, rows: value } : { ...state.size, columns: value };
    state.sizeChanged = true;
    return 1;
  }
  if (word === 'speed' || word === 'ispeed' || word === 'ospeed' || word === 'line') {
    const value = integer(next, word);
    if (word !== 'line') state.termios = { ...state.termios, speed: value };
    return 1;
  }
  if (/^\d+$/.test(word)) {
    state.termios = { ...state.termios, speed: Number(word) };
    return 0;
  }
  const saved = restored(word, state.termios);
  if (!saved) throw new UsageError(`invalid argument ${quote(word)}`);
  state.termios = saved;
  return 0;
}

async function stateOf(sys: Sys, fd: Fd, name: string): Promise<State> {
  try {
    return { termios: await sys.tcgetattr(fd), size: await sys.tcgetwinsize(fd), sizeChanged: false };
  } catch (error) {
    if (error instanceof SysError) throw new Fatal(`${name}: ${error.message}`);
    throw error;
  }
}

export default command(
  {
    name: 'stty',
    usage: ['[-F DEVICE] [SETTING]...', '[-F DEVICE] [-a]', '[-F DEVICE] [-g]'],
    summary: 'Print or change terminal characteristics.',
    options: OPTIONS,
    // Settings such as -echo look like options.
    rewrite: (args) => {
      const at = args.findIndex((arg, i) => !/^(-[ag]+|-F.*|--.*)$/.test(arg) && args[i - 1] !== '-F');
      return at < 0 || args.includes('--') ? args : [...args.slice(0, at), '--', ...args.slice(at)];
    },
    more: `Settings: [-]${[...FLAGS].join(' [-]')}\n${SPECIALS.join(' CHAR, ')} CHAR, min N, time N, rows N, cols N, size, speed\nsane raw cooked cbreak nl ek crt dec pass8`,
  },
  async ({ sys, options: o, operands, out }) => {
    if (o.all && o.save)
      throw new UsageError('the options for verbose and stty-readable output styles are\nmutually exclusive');
    if ((o.all || o.save) && operands.length > 0)
      throw new UsageError('when specifying an output style, modes may not be set');
    let fd: Fd = 0;
    if (o.file !== undefined) fd = await sys.open(o.file, O.RDONLY | O.NONBLOCK | O.NOCTTY);
    const state = await stateOf(sys, fd, o.file ?? "'standard input'");
    if (o.all) return out.line(allText(state, state.size.columns || 80).trimEnd());
    if (o.save) return out.line(savedText(state));
    if (operands.length === 0) return out.line(changedText(state).trimEnd());
    const before = state.termios;
    for (let i = 0; i < operands.length; i++) {
      const word = operands[i]!;
      if (word === 'size') out.put(`${state.size.rows} ${state.size.columns}\n`);
      else if (word === 'speed' && !/^\d+$/.test(operands[i + 1] ?? '')) out.put(`${state.termios.speed}\n`);
      else if (word !== 'drain' && word !== '-drain') i += apply(state, word, operands[i + 1]);
    }
    if (state.termios !== before) await sys.tcsetattr(fd, 'drain', state.termios);
    if (state.sizeChanged) await sys.tcsetwinsize(fd, state.size);
    return undefined;
  },
);
