/**
 * A riscv64 program that executes single float instructions on operands from its standard input, run by
 * qemu-riscv64: the oracle of the float tests. A request is 32 bytes {u32 instruction, u32 fcsr before, u64
 * a, b, c}, an answer 16 bytes {u64 register, u64 fcsr after}; operands and results are whole registers.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const COMPILER = 'riscv64-linux-gnu-gcc';
const EMULATOR = 'qemu-riscv64';
const DEADLINE_MS = 120_000;
export const MODES = ['rne', 'rtz', 'rdn', 'rup', 'rmm'];

const both = (name, sources, result, rounds) =>
  ['s', 'd'].map((format) => ({ name: `${name}.${format}`, sources, result, rounds }));

/** The instructions, by mnemonic; `rounds` when there are five modes. */
export const INSTRUCTIONS = [
  ...['fadd', 'fsub', 'fmul', 'fdiv'].flatMap((name) => both(name, 'ff', 'f', true)),
  ...both('fsqrt', 'f', 'f', true),
  ...['fmadd', 'fmsub', 'fnmsub', 'fnmadd'].flatMap((name) => both(name, 'fff', 'f', true)),
  ...['fmin', 'fmax', 'fsgnj', 'fsgnjn', 'fsgnjx'].flatMap((name) => both(name, 'ff', 'f', false)),
  ...['feq', 'flt', 'fle'].flatMap((name) => both(name, 'ff', 'x', false)),
  ...both('fclass', 'f', 'x', false),
  ...['w', 'wu', 'l', 'lu'].flatMap((type) =>
    ['s', 'd'].flatMap((format) => [
      { name: `fcvt.${type}.${format}`, sources: 'f', result: 'x', rounds: true },
      { name: `fcvt.${format}.${type}`, sources: 'x', result: 'f', rounds: true },
    ]),
  ),
  { name: 'fcvt.s.d', sources: 'f', result: 'f', rounds: true },
  { name: 'fcvt.d.s', sources: 'f', result: 'f', rounds: true },
  { name: 'fmv.x.w', sources: 'f', result: 'x', rounds: false },
  { name: 'fmv.w.x', sources: 'x', result: 'f', rounds: false },
  { name: 'fmv.x.d', sources: 'f', result: 'x', rounds: false },
  { name: 'fmv.d.x', sources: 'x', result: 'f', rounds: false },
];

/** The assembler has no rm operand for conversions that are always exact; it encodes rne. */
const ALWAYS_EXACT = new Set(['fcvt.d.s', 'fcvt.d.w', 'fcvt.d.wu']);

function assembly({ name, sources, result, rounds }, index) {
  const operands = sources === 'x' ? ['a0'] : ['fa0', 'fa1', 'fa2'].slice(0, sources.length);
  const mode = rounds && !ALWAYS_EXACT.has(name) ? ['dyn'] : [];
  const destination = result === 'x' ? 'a0' : 'fa0';
  return [
    `f${index}:`,
    ...['a0', 'a1', 'a2'].map((x, n) => `fmv.d.x fa${n}, ${x}`),
    'fscsr zero, a3',
    `${name} ${[destination, ...operands, ...mode].join(', ')}`,
    ...(result === 'x' ? [] : ['fmv.x.d a0, fa0']),
    'frcsr a1',
    'ret',
  ].join('\n');
}

function program() {
  const functions = INSTRUCTIONS.map(assembly).join('\n');
  const table = INSTRUCTIONS.map((_, index) => `.dword f${index}`).join('\n');
  return `
#include <stdint.h>
#include <unistd.h>
struct answer { uint64_t value, fcsr; };
asm(${JSON.stringify(`.text\n${functions}\n.data\n.balign 8\n.globl table\ntable:\n${table}\n.text\n`)});
extern struct answer (*table[])(uint64_t, uint64_t, uint64_t, uint64_t);
struct request { uint32_t instruction, fcsr; uint64_t a, b, c; };
static struct request in[1024];
static struct answer out[1024];
static int all(int fd, char *at, long left, ssize_t (*move)(int, char *, unsigned long)) {
  long done = 0, n;
  while (done < left && (n = move(fd, at + done, left - done)) > 0) done += n;
  return done;
}
int main(void) {
  int bytes;
  while ((bytes = all(0, (char *)in, sizeof in, (void *)read)) > 0) {
    int count = bytes / sizeof in[0];
    for (int i = 0; i < count; i++) out[i] = table[in[i].instruction](in[i].a, in[i].b, in[i].c, in[i].fcsr);
    all(1, (char *)out, count * sizeof out[0], (void *)write);
  }
  return 0;
}`;
}

function run(command, args, input) {
  const result = spawnSync(command, args, { input, timeout: DEADLINE_MS, maxBuffer: 1 << 28 });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

/** Why there is no oracle on this machine; undefined when there is one. */
export function oracleMissing() {
  for (const command of [COMPILER, EMULATOR])
    if (spawnSync(command, ['--version']).status !== 0) return `${command} is not installed`;
  return undefined;
}

/** Builds the program. `ask` takes [{instruction, fcsr, a, b, c}] and answers [{bits, fcsr}]. */
export function openOracle() {
  const folder = mkdtempSync(join(tmpdir(), 'float-oracle-'));
  const source = join(folder, 'driver.c');
  const binary = join(folder, 'driver');
  writeFileSync(source, program());
  run(COMPILER, ['-O1', '-static', '-o', binary, source]);
  return {
    ask(requests) {
      const input = Buffer.alloc(requests.length * 32);
      requests.forEach(({ instruction, fcsr, a, b, c }, n) => {
        input.writeUInt32LE(instruction, n * 32);
        input.writeUInt32LE(fcsr, n * 32 + 4);
        [a, b, c].forEach((value, k) => {
          input.writeBigUInt64LE(value, n * 32 + 8 + k * 8);
        });
      });
      const output = run(EMULATOR, [binary], input);
      return requests.map((_, n) => ({
        bits: output.readBigUInt64LE(n * 16),
        fcsr: output.readUInt32LE(n * 16 + 8),
      }));
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
