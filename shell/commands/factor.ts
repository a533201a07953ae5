/**
 * factor: prime factors, by trial division for small ones and Pollard's rho (Brent's cycle finding) above.
 */
import type { Sys } from '../../subsystems/unix/sys.ts';
import { command } from './lib/command.ts';
import { readChunks, textLines } from './lib/io.ts';
import { quote } from './lib/quote.ts';

/** Divisors tried one by one before the search for big factors. */
const TRIAL_LIMIT = 5000n;
/** Bases that make the Miller-Rabin test exact below 3.3e24, and good beyond. */
const WITNESSES = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n, 41n];
const STEPS_PER_CHECK = 4096;

function powerMod(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let [b, e] = [base % modulus, exponent]; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * b) % modulus;
    b = (b * b) % modulus;
  }
  return result;
}

function isPrime(n: bigint): boolean {
  if (n < 2n) return false;
  let odd = n - 1n;
  let twos = 0;
  for (; (odd & 1n) === 0n; odd >>= 1n) twos += 1;
  return WITNESSES.every((witness) => {
    if (n % witness === 0n) return n === witness;
    let x = powerMod(witness, odd, n);
    for (let i = 1; i < twos && x !== 1n && x !== n - 1n; i += 1) {
      x = (x * x) % n;
      if (x === 1n) return false;
    }
    return x === n - 1n || (x === 1n && powerMod(witness, odd, n) === 1n);
  });
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y > 0n) [x, y] = [y, x % y];
  return x;
}

/** A proper divisor of a composite number. */
async function divisorOf(sys: Sys, n: bigint): Promise<bigint> {
  for (let c = 1n; ; c += 1n) {
    let [slow, fast, found, steps] = [2n, 2n, 1n, 0];
    while (found === 1n) {
      slow = (slow * slow + c) % n;
      fast = (fast * fast + c) % n;
      fast = (fast * fast + c) % n;
      found = gcd(slow > fast ? slow - fast : fast - slow, n);
      steps += 1;
      const wait = steps % STEPS_PER_CHECK === 0 ? sys.checkpoint() : undefined;
      if (wait) await wait;
    }
    if (found !== n) return found;
  }
}

async function factorsOf(sys: Sys, n: bigint): Promise<bigint[]> {
  const factors: bigint[] = [];
  let rest = n;
  for (let d = 2n; d < TRIAL_LIMIT && d * d <= rest; d += d === 2n ? 1n : 2n) {
    for (; rest % d === 0n; rest /= d) factors.push(d);
  }
  const open = rest > 1n ? [rest] : [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next < TRIAL_LIMIT * TRIAL_LIMIT || isPrime(next)) factors.push(next);
    else {
      const divisor = await divisorOf(sys, next);
      open.push(divisor, next / divisor);
    }
  }
  return factors.sort((a, b) => (a < b ? -1 : 1));
}

export default command(
  {
    name: 'factor',
    usage: '[NUMBER]...',
    summary: 'Print the prime factors of each specified integer NUMBER, or of those on standard input.',
    options: {
      exponents: { short: 'h', long: 'exponents', help: 'print repeated factors in form p^e unless e is 1' },
    },
  },
  async (ctx) => {
    const one = async (word: string): Promise<void> => {
      const digits = /^ *\+?([0-9]+)$/.exec(word)?.[1];
      if (digits === undefined) return ctx.error(`${quote(word)} is not a valid positive integer`);
      const factors = await factorsOf(ctx.sys, BigInt(digits));
      const shown = ctx.options.exponents
        ? [...new Set(factors)].map((factor) => {
            const count = factors.filter((other) => other === factor).length;
            return count > 1 ? `${factor}^${count}` : String(factor);
          })
        : factors;
      await ctx.out.line([`${BigInt(digits)}:`, ...shown].join(' '));
    };
    for (const word of ctx.operands) await one(word);
    if (ctx.operands.length > 0) return;
    for await (const line of textLines(readChunks(ctx.sys, 0))) {
      for (const word of line.split(/[ \t]+/)) if (word !== '') await one(word);
    }
  },
);
