/**
 * The size and form limits of the source: short functions, short files, narrow lines, and no words that put
 * work off or switch a check off. `npm run check:sizes`.
 */
import { parseSync, Visitor } from 'oxc-parser';
import { AROUND, conclude, PRODUCT, readSource, sourceFiles } from './sources.mjs';

/** Lines of one function, its head and its braces included. */
const FUNCTION_LINES_MAX = 70;
const FILE_LINES_MAX = 500;
/** Files above this should be few: the share of the product's files that may pass it. */
const FILE_LINES_USUAL = 350;
const FILES_ABOVE_USUAL_SHARE = 0.1;
const COLUMNS_MAX = 110;
/** A message cannot be folded: of each string literal this many characters count at most. */
const STRING_COLUMNS_MAX = 30;

/** Assembled from halves, so that this table does not find itself. */
const FORBIDDEN = [
  ['TO' + 'DO', 'FIX' + 'ME'].map((word) => ({ pattern: new RegExp(`\\b${word}\\b`), word })),
  ['@ts-' + 'ignore', '@ts-' + 'expect-error', '@ts-' + 'nocheck', 'biome-' + 'ignore'].map((word) => ({
    pattern: new RegExp(`${word}\\b`),
    word,
  })),
  { pattern: new RegExp('(:|\\bas|<|\\|)\\s*' + 'an' + 'y\\b(?=\\s*[;,)>=\\]|{}]|$)'), word: 'an' + 'y' },
].flat();

const STRING = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|\/(?:[^/\\]|\\.)+\/[a-z]*/g;

/** Width of a line, long strings and regular expressions shortened. */
function columnsOf(line) {
  if (line.length <= COLUMNS_MAX) return line.length;
  const short = /^\s*(\*|\/\/|\/\*)/.test(line)
    ? line
    : line.replace(STRING, (s) => s.slice(0, STRING_COLUMNS_MAX));
  return [...short].length;
}

/** A table of findings about the lines of one file. */
function checkLines(path, text) {
  const findings = [];
  const lines = text.split('\n');
  if (lines.length - 1 > FILE_LINES_MAX) {
    findings.push(`${path}: ${lines.length - 1} lines, at most ${FILE_LINES_MAX}`);
  }
  for (const [index, line] of lines.entries()) {
    const at = `${path}:${index + 1}`;
    const columns = columnsOf(line);
    if (columns > COLUMNS_MAX) findings.push(`${at}: ${columns} columns, at most ${COLUMNS_MAX}`);
    for (const { pattern, word } of FORBIDDEN) {
      if (pattern.test(line)) findings.push(`${at}: '${word}' is not allowed`);
    }
  }
  return findings;
}

/** Line number (from 0) of an offset, by bisection of the line starts. */
function lineOf(starts, offset) {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

function lineStarts(text) {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Functions of the file that are longer than allowed. */
function checkFunctions(path, text) {
  const findings = [];
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) return [`${path}: ${errors[0].message}`];
  const starts = lineStarts(text);
  const check = (node) => {
    const first = lineOf(starts, node.start);
    const lines = lineOf(starts, node.end - 1) - first + 1;
    if (lines <= FUNCTION_LINES_MAX) return;
    const name = node.id?.name ?? 'function';
    findings.push(`${path}:${first + 1}: ${name} has ${lines} lines, at most ${FUNCTION_LINES_MAX}`);
  };
  new Visitor({
    FunctionDeclaration: check,
    FunctionExpression: check,
    ArrowFunctionExpression: check,
  }).visit(program);
  return findings;
}

/** A few files may be longer than usual; a habit of it is a finding. */
function checkHabit(longFiles, count) {
  const allowed = Math.ceil(count * FILES_ABOVE_USUAL_SHARE);
  if (longFiles.length <= allowed) return [];
  return [
    `${longFiles.length} files above ${FILE_LINES_USUAL} lines, at most ${allowed}: ${longFiles.join(' ')}`,
  ];
}

const product = new Set(sourceFiles(PRODUCT));
const files = sourceFiles([...PRODUCT, ...AROUND]);
const findings = [];
const longFiles = [];
for (const path of files) {
  const text = readSource(path);
  findings.push(...checkLines(path, text));
  // A test suite is one long callback by nature: the limit is for the product.
  if (product.has(path)) findings.push(...checkFunctions(path, text));
  if (product.has(path) && text.split('\n').length - 1 > FILE_LINES_USUAL) longFiles.push(path);
}
findings.push(...checkHabit(longFiles, product.size));
conclude('sizes', findings, files.length);
