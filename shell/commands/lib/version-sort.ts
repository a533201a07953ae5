/**
 * Version order (filevercmp of gnulib, after Debian's algorithm): digits compare as numbers, `~` before the
 * end. For sort -V, ls -v.
 */
const DOTS = /^\.{1,2}$/;
const SUFFIX = /(?:\.[A-Za-z~][A-Za-z0-9~]*)*$/;

function order(char: string | undefined): number {
  if (char === undefined || /[0-9]/.test(char)) return char === undefined ? -1 : 0;
  if (char === '~') return -2;
  const code = char.charCodeAt(0);
  return /[A-Za-z]/.test(char) ? code : code + 256;
}

/** Debian's verrevcmp: alternating runs of non-digits and digits. */
function compareRuns(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !/[0-9]/.test(a[i] ?? '')) || (j < b.length && !/[0-9]/.test(b[j] ?? ''))) {
      const difference = order(a[i]) - order(b[j]);
      if (difference !== 0) return difference;
      i += 1;
      j += 1;
    }
    const left = /^0*([0-9]*)/.exec(a.slice(i));
    const right = /^0*([0-9]*)/.exec(b.slice(j));
    const [x, y] = [left?.[1] ?? '', right?.[1] ?? ''];
    if (x.length !== y.length) return x.length - y.length;
    if (x !== y) return x < y ? -1 : 1;
    i += left?.[0].length ?? 0;
    j += right?.[0].length ?? 0;
  }
  return 0;
}

/** Negative, zero or positive, as `a` sorts before, with or after `b`. */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? -1 : 1;
  const rank = (name: string) => (name === '.' ? 0 : name === '..' ? 1 : name.startsWith('.') ? 2 : 3);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (DOTS.test(a)) return 0;
  const [x, y] = [a.replace(SUFFIX, ''), b.replace(SUFFIX, '')];
  return (x === y ? 0 : compareRuns(x, y)) || compareRuns(a, b);
}
