/**
 * The TypeScript examples of README.md and docs/api.md: they compile, run, and print what their comments say.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Inside the package, so that its own name resolves. */
const directory = join(root, 'dist', `examples-${process.pid}`);
const run = promisify(execFile);

interface Example {
  name: string;
  code: string;
  /** What the comments `// → …` say is printed, line by line. */
  prints: string[];
}

function examplesOf(file: string): Example[] {
  const blocks = [...readFileSync(join(root, file), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)];
  return blocks.map(([, code = ''], i) => ({
    name: `${file.replace(/\W+/g, '-')}-${i + 1}`,
    code,
    prints: [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, text = '']) => text),
  }));
}

const examples = ['README.md', 'docs/api.md'].flatMap(examplesOf);
mkdirSync(directory, { recursive: true });
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('examples', () => {
  it('are there', () => expect(examples.length).toBeGreaterThan(3));

  it('compile', async () => {
    // The declarations as the package has them, made anew.
    await run(process.execPath, [join(root, 'tools/build.mjs'), '--types'], { cwd: root });
    for (const { name, code } of examples) writeFileSync(join(directory, `${name}.ts`), code);
    const base = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as { compilerOptions: object };
    const config = join(directory, 'tsconfig.json');
    const compilerOptions = {
      ...base.compilerOptions,
      noUnusedLocals: false,
      typeRoots: [join(root, 'node_modules/@types')],
    };
    writeFileSync(config, JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    const { stdout } = await run('npx', ['tsc', '-p', config], { cwd: root }).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe('');
  }, 60_000);

  it.each(examples)('$name prints what it says', async ({ name, code, prints }) => {
    const { code: javascript } = await transform(code, { loader: 'ts', format: 'esm', target: 'node20' });
    const file = join(directory, `${name}.mjs`);
    writeFileSync(file, javascript);
    const { stdout, stderr } = await run(process.execPath, [file], { timeout: 15_000 });
    expect(stderr).toBe('');
    expect(stdout.trimEnd().split('\n')).toEqual(prints.length > 0 ? prints : ['']);
  });
});
