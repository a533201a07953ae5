/**
 * THE table of the command line: commands and flags. It drives parsing, checks and `--help`; docs/cli.md is
 * written from it.
 */

export interface FlagSpec {
  /** Letter of the short form. */
  short?: string;
  /** Name of the value; absent for switches. */
  value?: string;
  /** May be given more than once. */
  multiple?: boolean;
  help: string;
}

export const FLAGS = {
  command: { short: 'c', value: 'SCRIPT', help: 'the script itself' },
  sites: { value: 'N', help: 'boot N sites, each a process of its own, joined over ZeroMQ' },
  volume: {
    short: 'v',
    value: 'HOST:GUEST[:ro|:rw|:overlay]',
    multiple: true,
    help: 'show a host directory inside; overlay (the default) keeps changes in memory and discards them',
  },
  root: {
    value: 'DIR[:ro|:rw|:overlay]',
    help: 'a host directory as the root file system; overlay (the default) discards changes',
  },
  env: {
    short: 'e',
    value: 'NAME[=VALUE]',
    multiple: true,
    help: "set an environment variable; without VALUE the host's value",
  },
  workdir: { short: 'w', value: 'DIR', help: 'working directory inside (default: the home directory)' },
  user: { value: 'NAME', help: 'run as root (default), user (uid 1000) or UID[:GID]' },
  seed: { value: 'N', help: 'seed of what would be random' },
  json: { help: 'print one JSON document instead of text' },
  trace: {
    value: 'FILE|-',
    help: 'write every nucleus event to FILE (- = standard error), one JSON object a line',
  },
  limit: {
    value: 'NAME=VALUE',
    multiple: true,
    help: 'bound processes, files, file-size, memory, disk, instructions, cpu, output or time (1k, 5M, 2G)',
  },
  timeout: { value: 'SECONDS', help: 'end the run after so long; status 124' },
  config: { value: 'FILE', help: 'boot what the JSON description in FILE says' },
  name: { value: 'NAME', help: 'which system, when several are up (default: default)' },
  signal: { short: 's', value: 'SIGNAL', help: 'signal to send (default: TERM)' },
  output: { short: 'o', value: 'DIR', help: 'directory to fill (default: riscv64)' },
  suite: { value: 'NAME', help: "Debian release (default: trixie, or the host's own when that is newer)" },
  start: { value: 'ADDRESS', help: 'first address to show (0x for hexadecimal)' },
  stop: { value: 'ADDRESS', help: 'address to stop at' },
  plain: { help: 'no frame: the host terminal is the terminal' },
  help: { short: 'h', help: 'show this help' },
  version: { help: 'show the version' },
} as const satisfies Record<string, FlagSpec>;

export type FlagName = keyof typeof FLAGS;

export interface CommandSpec {
  /** Usage after `chorus NAME`; several lines are alternatives. */
  usage: string;
  summary: string;
  flags: readonly FlagName[];
  /** Most operands; Infinity: the rest of the line is the program's. */
  operandsMax: number;
  /** Flags may stand after operands: none of these is a program's. */
  mixed?: boolean;
}

/** Flags of everything that boots a system of its own. */
const BOOT: readonly FlagName[] = ['sites', 'root', 'volume', 'seed', 'trace', 'config'];
/** Flags of everything that runs a program. */
const RUN: readonly FlagName[] = ['env', 'workdir', 'user', 'limit', 'timeout'];

export const COMMANDS = {
  terminal: {
    usage: '[FLAG]…',
    summary: 'open the terminal on a system of three sites (the default, without a command)',
    flags: [...BOOT, 'env', 'workdir', 'user', 'plain'],
    operandsMax: 0,
  },
  sh: {
    usage: '[FLAG]… [-c SCRIPT | FILE | -] [ARG]…',
    summary: 'run a shell script; its exit status is ours',
    flags: ['command', ...BOOT, ...RUN, 'json'],
    operandsMax: Infinity,
  },
  run: {
    usage: '[FLAG]… PROGRAM [ARG]…',
    summary: 'run one program; its exit status is ours',
    flags: [...BOOT, ...RUN, 'json'],
    operandsMax: Infinity,
  },
  up: {
    usage: '[FLAG]… [--sites N | --config FILE]',
    summary: 'boot a system in the background: one process a site, joined over ZeroMQ',
    flags: [...BOOT, 'name', 'json'],
    operandsMax: 0,
  },
  attach: {
    usage: '[FLAG]… [-c SCRIPT]',
    summary: 'open the terminal on the system that is up, or run a script there',
    flags: ['command', ...RUN, 'name', 'json', 'trace', 'plain'],
    operandsMax: Infinity,
  },
  sites: {
    usage: '[FLAG]…',
    summary: 'list the sites of the system that is up',
    flags: ['name', 'json', 'timeout'],
    operandsMax: 0,
  },
  ps: {
    usage: '[FLAG]…',
    summary: 'list the processes of the system that is up',
    flags: ['name', 'json', 'timeout'],
    operandsMax: 0,
  },
  kill: {
    usage: '[-s SIGNAL] PID… | site:N…',
    summary: 'send a signal to processes of the system that is up, or end whole sites at once',
    flags: ['signal', 'name', 'timeout'],
    operandsMax: Infinity,
  },
  down: {
    usage: '[FLAG]…',
    summary: 'end the system that is up',
    flags: ['name', 'json'],
    operandsMax: 0,
  },
  pull: {
    usage: '[FLAG]… PACKAGE…',
    summary: 'fill a directory with riscv64 packages of Debian and all they depend on',
    flags: ['output', 'suite', 'json'],
    operandsMax: Infinity,
    mixed: true,
  },
  disasm: {
    usage: '[FLAG]… FILE [SYMBOL]…',
    summary: 'list the instructions of a riscv64 program, all or those of some functions',
    flags: ['start', 'stop'],
    operandsMax: Infinity,
    mixed: true,
  },
  syscalls: {
    usage: '[--json]',
    summary: 'list the system calls of riscv64 Linux and which of them there are',
    flags: ['json'],
    operandsMax: 0,
  },
} as const satisfies Record<string, CommandSpec>;

export type CommandName = keyof typeof COMMANDS;
