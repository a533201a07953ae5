/** The host's apt sources, as different hosts write them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  debianArchive,
  parseLines,
  parseStanzas,
  readSources,
  stanzaFor,
  suiteFor,
} from '../../../shell/pull/sources.ts';
import { temporaryDirectory } from '../../support/chorus.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

const STANZAS = `Types: deb
# a comment
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main

Types: deb deb-src
URIs: http://mirror.example/debian http://second.example/debian
Suites: bookworm
  bookworm-updates
Components: main contrib
Signed-By: ${KEYRING}

Types: deb-src
URIs: http://sources.example/debian
Suites: trixie
Components: main
`;

describe('apt sources', () => {
  it('reads .sources', () => {
    const [security, archive, ...others] = parseStanzas(STANZAS);
    expect(others).toEqual([]);
    expect(security?.suites).toEqual(['bookworm-security']);
    expect(archive).toEqual({
      uris: ['http://mirror.example/debian', 'http://second.example/debian'],
      suites: ['bookworm', 'bookworm-updates'],
      components: ['main', 'contrib'],
      signedBy: KEYRING,
    });
  });

  it('keeps a key that is written into the entry', () => {
    const key =
      'Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQ==\n -----END PGP PUBLIC KEY BLOCK-----';
    const [source] = parseStanzas(
      `Types: deb\nURIs: http://a/debian\nSuites: sid\nComponents: main\n${key}\n`,
    );
    const stanza = stanzaFor(source!, 'sid', undefined);
    expect(stanza).toContain(key.replace('Signed-By:', 'Signed-By: '));
  });

  it('reads .list', () => {
    const text = [
      '# deb http://commented.example/debian trixie main',
      'deb [ arch=amd64 signed-by=/k/one.gpg,/k/two.gpg ] http://vendor.example/apt stable main',
      'deb http://mirror.example/debian trixie main contrib # comment',
      'deb-src http://mirror.example/debian trixie main',
      'deb [trusted=yes] http://local.example/debian sid main',
    ].join('\n');
    expect(parseLines(text)).toEqual([
      {
        uris: ['http://vendor.example/apt'],
        suites: ['stable'],
        components: ['main'],
        signedBy: '/k/one.gpg /k/two.gpg',
      },
      {
        uris: ['http://mirror.example/debian'],
        suites: ['trixie'],
        components: ['main', 'contrib'],
        signedBy: undefined,
      },
      { uris: ['http://local.example/debian'], suites: ['sid'], components: ['main'], signedBy: undefined },
    ]);
  });

  it('finds the Debian archive among others', () => {
    const vendor = {
      uris: ['http://v.example/prod'],
      suites: ['bookworm'],
      components: ['main'],
      signedBy: '/k/v.gpg',
    };
    const [security, archive] = parseStanzas(STANZAS);
    expect(debianArchive([vendor, security!, archive!])).toBe(archive);
    expect(debianArchive([security!])).toBeUndefined();
    const ubuntu = {
      uris: ['http://u.example/ubuntu'],
      suites: ['noble'],
      components: ['main'],
      signedBy: undefined,
    };
    expect(debianArchive([ubuntu])).toBeUndefined();
  });

  it('takes the first suite with riscv64, or a newer one of the host', () => {
    const suites = (...names: string[]) =>
      suiteFor({ uris: [], suites: names, components: [], signedBy: undefined });
    expect(suites('bookworm', 'bookworm-updates')).toBe('trixie');
    expect(suites('trixie')).toBe('trixie');
    expect(suites('sid')).toBe('sid');
    expect(suites('forky-updates', 'forky')).toBe('forky');
  });

  it('never tells apt to trust', () => {
    const [source] = parseLines('deb [trusted=yes] http://a.example/debian sid main');
    expect(stanzaFor(source!, 'sid', KEYRING)).toBe(
      `Types: deb\nURIs: http://a.example/debian\nSuites: sid\nComponents: main\nSigned-By: ${KEYRING}\n`,
    );
  });

  it('reads what is there of a directory', () => {
    const directory = temporaryDirectory();
    const parts = join(directory, 'sources.list.d');
    mkdirSync(parts);
    writeFileSync(join(parts, 'debian.sources'), STANZAS);
    writeFileSync(join(parts, 'old.list.disabled'), 'deb http://no.example/debian trixie main\n');
    expect(readSources(join(directory, 'sources.list'), parts)).toHaveLength(2);
    expect(readSources(join(directory, 'absent'), join(directory, 'absent.d'))).toEqual([]);
  });
});
