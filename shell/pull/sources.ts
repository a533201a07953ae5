/**
 * Where the host gets its Debian packages from: its apt sources, in both formats, read at run time. Of all
 * entries one is taken that is Debian's main archive, for the same archive has the packages of every
 * architecture. See sources.list(5).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One archive: what `deb` lines and .sources stanzas have in common. */
export interface Source {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Path of a keyring, fingerprints, or a whole key, as the field has it; undefined: apt's trusted keys. */
  readonly signedBy: string | undefined;
}

/** A field's words. */
const words = (text: string | undefined): string[] => (text ?? '').split(/\s+/).filter((word) => word !== '');

/** Fields of one stanza: lower-case name → value, continuation lines joined by newlines. */
function fieldsOf(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name = '';
  for (const line of stanza.split('\n')) {
    if (line.startsWith('#')) continue;
    const field = /^([\w-]+):\s*(.*)$/.exec(line);
    if (field) {
      name = field[1]!.toLowerCase();
      fields.set(name, field[2]!.trimEnd());
    } else if (/^\s/.test(line) && name !== '') {
      fields.set(name, `${fields.get(name)}\n${line.trimEnd()}`);
    }
  }
  return fields;
}

/** Entries of a .sources file (deb822). */
export function parseStanzas(text: string): Source[] {
  const sources: Source[] = [];
  for (const stanza of text.split(/\n[ \t]*\n/)) {
    const fields = fieldsOf(stanza);
    if (!words(fields.get('types')).includes('deb')) continue;
    if (/^(no|false|0|off)$/i.test(fields.get('enabled') ?? '')) continue;
    sources.push({
      uris: words(fields.get('uris')),
      suites: words(fields.get('suites')),
      components: words(fields.get('components')),
      signedBy: fields.get('signed-by'),
    });
  }
  return sources;
}

const LINE = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/;

/** Entries of a .list file. */
export function parseLines(text: string): Source[] {
  const sources: Source[] = [];
  for (const line of text.split('\n')) {
    const [, options, uri, suite, components] = LINE.exec(line) ?? [];
    if (uri === undefined || suite === undefined) continue;
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options ?? '')?.[1]?.replaceAll(',', ' ');
    sources.push({ uris: [uri], suites: [suite], components: words(components), signedBy });
  }
  return sources;
}

/** The text of a file; '' when it cannot be read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

/** All entries of a sources.list and a sources.list.d. */
export function readSources(list: string, parts: string): Source[] {
  const sources = parseLines(textOf(list));
  for (const name of namesIn(parts)) {
    if (name.endsWith('.sources')) sources.push(...parseStanzas(textOf(join(parts, name))));
    else if (name.endsWith('.list')) sources.push(...parseLines(textOf(join(parts, name))));
  }
  return sources;
}

/** The first suite that has riscv64. */
export const FIRST_SUITE = 'trixie';
/** Suites before it, and names of suites that are no release at all. */
const OLDER = ['buster', 'bullseye', 'bookworm', 'oldoldstable', 'oldstable'];
const SUITES = [...OLDER, FIRST_SUITE, 'stable', 'forky', 'duke', 'testing', 'sid', 'unstable'];

/** How sure one can be that an entry is Debian's own archive: 0 means it is not. */
function likeness({ uris, suites, components, signedBy }: Source): number {
  if (!components.includes('main') || !suites.some((suite) => SUITES.includes(suite))) return 0;
  const named = uris.some((uri) => /\/debian\/?$/.test(uri) || uri.startsWith('mirror+file:'));
  const signed = signedBy === undefined || /debian-archive|BEGIN PGP/.test(signedBy);
  return 1 + (named ? 1 : 0) + (signed ? 2 : 0);
}

/** The entry that is Debian's main archive; undefined when there is none. */
export function debianArchive(sources: readonly Source[]): Source | undefined {
  let best: Source | undefined;
  for (const source of sources) {
    if (likeness(source) > (best ? likeness(best) : 0)) best = source;
  }
  return best;
}

/** Of the suites that the host uses the one to take: its own, unless it is older than the first. */
export function suiteFor({ suites }: Source): string {
  const own = suites.find((suite) => SUITES.includes(suite));
  return own === undefined || OLDER.includes(own) ? FIRST_SUITE : own;
}

/** The entry as a stanza for one suite. Whether something is trusted is apt's business, never ours. */
export function stanzaFor(source: Source, suite: string, keyring: string | undefined): string {
  const signedBy = source.signedBy ?? keyring;
  return [
    'Types: deb',
    `URIs: ${source.uris.join(' ')}`,
    `Suites: ${suite}`,
    'Components: main',
    ...(signedBy === undefined ? [] : [`Signed-By: ${signedBy}`]),
    '',
  ].join('\n');
}
