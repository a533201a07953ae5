// Records what this machine's sh (dash), coreutils and kin answer to every case of the corpus.
//   node test/conformance/record.mjs [topic…]
// Each case runs alone in an empty directory, as root (the corpus assumes uid 0), with a clean environment.
// The results are committed: the suite itself needs no Debian tools.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCases } from './cases.mjs';

const here = new URL('.', import.meta.url).pathname;
const wanted = process.argv.slice(2);
mkdirSync(join(here, 'recorded'), { recursive: true });
for (const file of readdirSync(join(here, 'corpus')).sort()) {
  const topic = file.replace(/\.sh$/, '');
  if (wanted.length > 0 && !wanted.includes(topic)) continue;
  const results = {};
  for (const { name, script } of parseCases(readFileSync(join(here, 'corpus', file), 'utf8'))) {
    results[name] = run(script);
  }
  writeFileSync(join(here, 'recorded', `${topic}.json`), `${JSON.stringify(results, null, 1)}\n`);
  console.log(`${topic}: ${Object.keys(results).length} cases`);
}

function run(script) {
  const home = mkdtempSync(join(tmpdir(), 'corpus-'));
  const env = { HOME: home, PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  const result = spawnSync('sh', ['-c', script], {
    cwd: home,
    env,
    encoding: 'utf8',
    timeout: 20_000,
    input: '',
  });
  rmSync(home, { recursive: true, force: true });
  if (result.error) throw new Error(`${script}\n${result.error}`);
  return { stdout: result.stdout, exitCode: result.status, complains: result.stderr !== '' };
}
