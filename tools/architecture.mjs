/**
 * The arrows between the parts, checked: every import (types, re-exports and dynamic imports included) of a
 * product file must be allowed by the table below. `npm run check:rules`.
 *
 *   shell → mix, amoeba → subsystems/unix → nucleus        mix, amoeba → drivers → nucleus
 *
 * One manager never imports another: they share mix/protocols only. Nothing imports shell; the commands and
 * the shell language know the system-call interface and nothing else of the system.
 */
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { parseSync } from 'oxc-parser';
import { conclude, PRODUCT, readSource, sourceFiles } from './sources.mjs';

/** From the most special to the most general: the first row whose `in` begins a path is the path's part. */
const PARTS = [
  { in: 'nucleus/', may: ['nucleus/'] },
  { in: 'subsystems/amoeba/', may: ['subsystems/', 'drivers/', 'nucleus/'] },
  { in: 'subsystems/', may: ['subsystems/unix/', 'nucleus/'] },
  { in: 'drivers/', may: ['drivers/', 'subsystems/unix/', 'nucleus/'] },
  { in: 'mix/boot/', may: ['mix/', 'drivers/', 'subsystems/unix/', 'nucleus/'] },
  { in: 'mix/protocols/', may: ['mix/protocols/', 'subsystems/unix/', 'nucleus/'] },
  { in: 'mix/', own: true, may: ['mix/protocols/', 'drivers/', 'subsystems/unix/', 'nucleus/'] },
  { in: 'shell/sh/', may: ['shell/sh/', 'shell/commands/', 'subsystems/unix/'] },
  { in: 'shell/commands/', may: ['shell/sh/', 'shell/commands/', 'subsystems/unix/'] },
  { in: 'shell/', may: ['shell/', 'mix/', 'subsystems/', 'nucleus/'] },
];

/** npm packages, and the folders that may import them: a dependency has one home. */
const PACKAGES = {
  zeromq: ['nucleus/transport/'],
  msgpackr: ['nucleus/', 'drivers/', 'shell/sh/'],
  memfs: ['drivers/'],
  ink: ['shell/ui/'],
  react: ['shell/ui/'],
  '@xterm/headless': ['shell/ui/'],
};

const builtins = new Set(builtinModules);

/** Every module that a file imports: [specifier, offset]. */
function importsOf(path, text) {
  const { module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`);
  const found = module.staticImports.map(({ moduleRequest }) => [moduleRequest.value, moduleRequest.start]);
  for (const { entries } of module.staticExports) {
    const from = entries.find(({ moduleRequest }) => moduleRequest)?.moduleRequest;
    if (from) found.push([from.value, from.start]);
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^(['"`])(.*)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end));
    if (literal) found.push([literal[2], moduleRequest.start]);
  }
  // Types may also be written inline: import('…').Name.
  for (const match of text.matchAll(/\bimport\((['"])([^'"]+)\1\)\s*\./g))
    found.push([match[2], match.index]);
  return found;
}

function partOf(path) {
  return PARTS.find((part) => path.startsWith(part.in));
}

/** The folder of one manager: mix/NAME/. */
const homeOf = (path) => `${path.split('/').slice(0, 2).join('/')}/`;

/** Why `path` may not import `specifier`; undefined when it may. */
function refusal(path, specifier) {
  if (specifier.startsWith('node:')) return undefined;
  if (builtins.has(specifier)) return `write 'node:${specifier}'`;
  if (!specifier.startsWith('.')) {
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
    const homes = PACKAGES[name];
    if (!homes || homes.some((home) => path.startsWith(home))) return undefined;
    return `only ${homes.join(', ')} may import '${name}'`;
  }
  const target = posix.normalize(posix.join(posix.dirname(path), specifier));
  const part = partOf(path);
  if (!part) return 'belongs to no part of the architecture';
  const allowed = part.own ? [homeOf(path), ...part.may] : part.may;
  if (allowed.some((prefix) => target.startsWith(prefix))) return undefined;
  return `${part.in} may import ${allowed.join(', ')}`;
}

function lineAt(text, offset) {
  return text.slice(0, offset).split('\n').length;
}

const files = sourceFiles(PRODUCT);
const findings = [];
for (const path of files) {
  const text = readSource(path);
  for (const [specifier, offset] of importsOf(path, text)) {
    const why = refusal(path, specifier);
    if (why) findings.push(`${path}:${lineAt(text, offset)}: imports ${specifier}: ${why}`);
  }
}
conclude('architecture', findings, files.length);
