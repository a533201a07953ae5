/**
 * Builds dist/: programs as one file each with V8's code cache of it (shell/cli/launch.ts), modules for those
 * who import the package, with code splitting. Start-up time is the reason for both. `npm run build`; also
 * run by `npm install`.
 *
 * Files carry a hash of their content in their names: a build writes what is new and leaves running
 * processes what they have yet to load; old ones go after a while.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outdir = join(root, 'dist');

/** Modules that others import, or that run seldom → their sources: ES modules that share chunks. */
const MODULES = {
  api: 'shell/api/index.ts',
  // Ink may only be loaded as an ES module.
  status: 'shell/ui/status.tsx',
  bench: 'test/bench/main.ts',
  'bench-peer': 'test/bench/peer.ts',
};

/** Programs → their sources: one CommonJS file each, started by launch.ts. */
const PROGRAMS = { chorus: 'shell/cli/main.ts', site: 'shell/cli/site.ts' };

/** Guests that the programs run while their code caches are filled. */
const GUESTS = join(root, 'test/guest/fixtures/bin');

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
const common = {
  absWorkingDir: root,
  outdir,
  write: false,
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: [...EXTERNAL, ...ABSENT],
  define: {
    'process.env.NODE_ENV': '"production"',
    // Finding and loading its native half costs more time at start than it saves on messages of our size.
    'process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED': '"true"',
    __CHORUS_VERSION__: JSON.stringify(version),
    __INTERPRETER_FILE__: JSON.stringify(`./${interpreterFile}`),
  },
  // What is not there need not be parsed. Names stay readable for those who ask.
  minifyWhitespace: true,
  minifySyntax: true,
  minifyIdentifiers: process.env.CHORUS_READABLE === undefined,
  jsx: 'automatic',
  logLevel: 'warning',
};

/**
 * Modules that the sources load late by createRequire are bundled like the others, and still begin when asked
 * for: memfs from its hundred files takes longer than a whole short run.
 */
const late = {
  name: 'late',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/memfs-volume\/store\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace('createRequire(import.meta.url)(', 'require('),
      loader: 'ts',
    })),
};

/** The files of the ES modules: [path, contents]. */
async function bundleModules() {
  const { outputFiles } = await build({
    ...common,
    entryPoints: MODULES,
    splitting: true,
    format: 'esm',
    chunkNames: 'chunk-[name]-[hash]',
    banner: { js: REQUIRE },
    plugins: [late],
  });
  return outputFiles.map(({ path, contents }) => [path, contents]);
}

/** The module that must stay outside of the programs, found by its name in dist. */
const outside = {
  name: 'outside',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/status\.tsx$/ }, () => ({ path: './status.js', external: true })),
};

/** What launch.ts gives to a program: the parameters of a CommonJS module, and `import`. */
const PARAMETERS = 'exports, require, module, __filename, __dirname, __import';

/** The file of a program, and the one that launches it. */
async function bundleProgram(name, source) {
  const { outputFiles } = await build({
    ...common,
    entryPoints: { [name]: source },
    format: 'cjs',
    entryNames: '[name]-[hash]',
    outExtension: { '.js': '.cjs' },
    define: { ...common.define, 'import.meta.url': '__url' },
    banner: {
      js: `(function (${PARAMETERS}) { const __url = require('node:url').pathToFileURL(__filename).href;`,
    },
    footer: { js: '})' },
    plugins: [outside, late],
  });
  const [{ path, text }] = outputFiles;
  // A script that comes out of V8's cache cannot import: launch.ts does it for it.
  const contents = text.replaceAll(/(?<![.\w$])import\((?=["'])/g, '__import(');
  if (/[^\0-\x7f]/.test(contents)) throw new Error(`${name}: launch.ts reads no character beyond ASCII`);
  return [
    [path, contents],
    [join(outdir, `${name}.cjs`), await bundleLauncher(basename(path))],
  ];
}

/** The file that launches a program: CommonJS too, because node takes 10 ms more to begin with a module. */
async function bundleLauncher(program) {
  const { outputFiles } = await build({
    ...common,
    stdin: {
      contents: `import { launch } from './shell/cli/launch.ts'; launch(__dirname + '/${program}');`,
      resolveDir: root,
    },
    format: 'cjs',
    banner: { js: '#!/usr/bin/env node' },
  });
  return outputFiles[0].contents;
}

const programs = await Promise.all(Object.entries(PROGRAMS).map((entry) => bundleProgram(...entry)));
const files = new Map([
  ...(await bundleModules()),
  ...programs.flat(),
  [join(outdir, interpreterFile), interpreterBytes],
]);
mkdirSync(outdir, { recursive: true });
for (const [path, contents] of files) writeFileSync(path, contents);
for (const name of readdirSync(outdir, { recursive: true })) {
  const path = join(outdir, name);
  const old = Date.now() - statSync(path).mtimeMs > KEEP_MS;
  const current = files.has(path.replace(/\.cache$/, ''));
  if (/\.(c?js|wasm|cache)$/.test(name) && !current && old) rmSync(path, { force: true });
}
chmodSync(join(outdir, 'chorus.cjs'), 0o755);

const FILL_MS = 60_000;

/** Runs `chorus` once, so that the code caches hold what it uses. Without them it only starts more slowly. */
function fillCaches(...args) {
  const { status, stderr } = spawnSync(process.execPath, [join(outdir, 'chorus.cjs'), ...args], {
    env: { ...process.env, CHORUS_CODE_CACHE: 'fill' },
    encoding: 'utf8',
    timeout: FILL_MS,
  });
  if (status !== 0) console.error(`dist: no code cache: chorus ${args.join(' ')}: exit ${status}: ${stderr}`);
}
// The sites first: the second run is what the cache of `chorus` is to hold.
fillCaches('sh', '--sites', '2', '-c', 'csite 2; echo a | cat; (echo b) > f; cat f; sleep 0');
fillCaches(
  'sh',
  '--root',
  GUESTS,
  '-c',
  'echo a | cat > /tmp/f; ls / | wc -l; seq 5000 > /tmp/g; /hello; /pipes; true',
);

if (process.argv.includes('--types')) {
  // Declarations of the API for those who import the package; errors are the business of `npm run
  // check:types`.
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  spawnSync(process.execPath, [tsc, '-p', join(root, 'tools/tsconfig.types.json')], { stdio: 'ignore' });
}
console.log(`dist: ${[...Object.keys(PROGRAMS), ...Object.keys(MODULES)].join(', ')}`);
