/**
 * Builds dist/: one entry per program, with code splitting, so that a process loads only what it uses
 * (zeromq, Ink, the terminal emulator and every single command are chunks of their own). Start-up time is the
 * reason for the bundle. `npm run build`; also run by `npm install`.
 *
 * Chunks carry a hash of their content in their names: a build writes what is new and leaves running
 * processes the chunks that they have yet to load; old ones go after a while.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outdir = join(root, 'dist');

/** Program → its source. */
const ENTRIES = {
  chorus: 'shell/cli/main.ts',
  api: 'shell/api/index.ts',
  site: 'shell/cli/site.ts',
  bench: 'test/bench/main.ts',
  'bench-peer': 'test/bench/peer.ts',
};

/** Packages with native parts, loaded from node_modules; the rest goes into the bundles. */
const EXTERNAL = ['zeromq', 'msgpackr-extract', '@lydell/node-pty'];
/** Ink asks for its development tools by a dynamic import that production never reaches. */
const ABSENT = ['react-devtools-core'];

/** CommonJS packages inside ES modules still ask for `require`. */
const REQUIRE = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
].join('\n');

/** Chunks of earlier builds are kept for this long. */
const KEEP_MS = 10 * 60 * 1000;

/** The interpreter of the emulated processor, which its own sources emit: [file name, bytes]. */
async function emitInterpreter() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['nucleus/supervisor/cpu/interpreter/module.ts'],
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
  const source = Buffer.from(outputFiles[0].contents).toString('base64');
  const { emitInterpreter: emit } = await import(`data:text/javascript;base64,${source}`);
  const bytes = emit();
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8).toUpperCase();
  return [`interpreter-${hash}.wasm`, bytes];
}

const [interpreterFile, interpreterBytes] = await emitInterpreter();
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entryPoints = Object.fromEntries(
  Object.entries(ENTRIES).filter(([, source]) => existsSync(join(root, source))),
);

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints,
  outdir,
  write: false,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  chunkNames: 'chunk-[name]-[hash]',
  external: [...EXTERNAL, ...ABSENT],
  banner: { js: REQUIRE },
  define: {
    'process.env.NODE_ENV': '"production"',
    // Finding and loading its native half costs more time at start than it saves on messages of our size.
    'process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED': '"true"',
    __CHORUS_VERSION__: JSON.stringify(version),
    __INTERPRETER_FILE__: JSON.stringify(`./${interpreterFile}`),
  },
  // What is not there need not be parsed: a third of the start-up time. Names stay readable for those who
  // ask.
  minify: process.env.CHORUS_READABLE === undefined,
  jsx: 'automatic',
  logLevel: 'warning',
});

mkdirSync(outdir, { recursive: true });
const written = new Set([join(outdir, interpreterFile)]);
writeFileSync(join(outdir, interpreterFile), interpreterBytes);
for (const { path, contents } of outputFiles) {
  written.add(path);
  writeFileSync(path, contents);
}
for (const name of readdirSync(outdir, { recursive: true })) {
  const path = join(outdir, name);
  const { mtimeMs } = statSync(path);
  const old = Date.now() - mtimeMs > KEEP_MS;
  if (/\.(js|wasm)$/.test(name) && !written.has(path) && old) rmSync(path, { force: true });
}
if (existsSync(join(outdir, 'chorus.js'))) chmodSync(join(outdir, 'chorus.js'), 0o755);
if (process.argv.includes('--types')) {
  // Declarations of the API for those who import the package; errors are the business of `npm run
  // check:types`.
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  spawnSync(process.execPath, [tsc, '-p', join(root, 'tools/tsconfig.types.json')], { stdio: 'ignore' });
}
console.log(`dist: ${Object.keys(entryPoints).join(', ')}`);
