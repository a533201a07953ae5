/**
 * The host's apt with a configuration, lists and caches of its own, for another architecture: nothing of the
 * host's package state is read or changed. From the host come how it downloads (proxies, certificates,
 * credentials), its mirror and its keys.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { command } from './command.ts';
import { PullError } from './error.ts';
import { debianArchive, readSources, stanzaFor, suiteFor } from './sources.ts';

export const ARCHITECTURE = 'riscv64';

const KEYRINGS = [
  '/usr/share/keyrings/debian-archive-keyring.gpg',
  '/usr/share/keyrings/debian-archive-keyring.pgp',
];

/** Settings of the host that decide how files are fetched; the rest of Acquire is about what. */
const DOWNLOAD_SETTING =
  /^Acquire::(http|https|ftp|mirror|tor|Retries|Queue-Mode|ForceIPv4|ForceIPv6|Check-Valid-Until|Check-Date|Max-)/;

export interface Package {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

/** Where things lie: one directory per suite, since lists and states belong to one. */
function cacheDirectory(suite: string): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'chorus', 'apt', suite);
}

/** apt's string literals have no escapes. */
function quoted(text: string): string {
  if (text.includes('"')) throw new PullError(`a path with a quotation mark: ${text}`);
  return `"${text}"`;
}

function configuration(directory: string, download: readonly string[]): string {
  const at = (name: string): string => quoted(join(directory, name));
  return [
    ...download,
    `Dir::Etc::parts ${at('none')};`,
    'Dir::Etc::main "/dev/null";',
    `Dir::Etc::sourcelist ${at('archive.sources')};`,
    'Dir::Etc::sourceparts "/dev/null";',
    'Dir::Etc::preferences "/dev/null";',
    'Dir::Etc::preferencesparts "/dev/null";',
    `Dir::State ${at('state')};`,
    `Dir::State::lists ${at('lists')};`,
    `Dir::State::status ${at('state/status')};`,
    `Dir::Cache ${at('cache')};`,
    `Dir::Log ${at('log')};`,
    `APT::Architecture ${quoted(ARCHITECTURE)};`,
    `APT::Architectures { ${quoted(ARCHITECTURE)}; };`,
    'APT::Install-Recommends "false";',
    'APT::Install-Suggests "false";',
    'APT::Get::AllowUnauthenticated "false";',
    'APT::Update::Error-Mode "any";',
    // The directory is the caller's own: the user _apt could not write there.
    'APT::Sandbox::User "";',
    'Acquire::AllowInsecureRepositories "false";',
    'Acquire::Languages "none";',
    'Acquire::GzipIndexes "true";',
    'Dir::Cache::srcpkgcache "";',
    '',
  ].join('\n');
}

/** What `apt-config shell NAME setting` prints: the values of the settings. */
async function hostSettings(...settings: readonly string[]): Promise<string[]> {
  const pairs = settings.flatMap((setting, i) => [`S${i}`, `${setting}/f`]);
  const text = await command('apt-config', ['shell', ...pairs]);
  return settings.map((_, i) => new RegExp(`^S${i}='(.*)'$`, 'm').exec(text)?.[1] ?? '');
}

/** apt with a configuration of its own. */
export class Apt {
  readonly suite: string;
  /** What packages come from, for people. */
  readonly archive: string;
  private readonly directory: string;

  private constructor(suite: string, archive: string, directory: string) {
    this.suite = suite;
    this.archive = archive;
    this.directory = directory;
  }

  /** Writes the configuration. Throws PullError: no apt, or no Debian mirror in the host's configuration. */
  static async open(suiteWanted: string | undefined): Promise<Apt> {
    const [list = '', parts = ''] = await hostSettings('Dir::Etc::sourcelist', 'Dir::Etc::sourceparts');
    const source = debianArchive(readSources(list, parts));
    if (!source) throw new PullError(`no Debian archive among the host's apt sources (${list}, ${parts})`);
    const suite = suiteWanted ?? suiteFor(source);
    if (!/^[\w.+-]+$/.test(suite)) throw new PullError(`not a suite: '${suite}'`);
    const directory = cacheDirectory(suite);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const name of ['none', 'state', 'lists/partial', 'cache/archives/partial', 'log']) {
      await mkdir(join(directory, name), { recursive: true });
    }
    const dumped = await command('apt-config', ['dump', '--no-empty']);
    const download = dumped.split('\n').filter((line) => DOWNLOAD_SETTING.test(line));
    const keyring = KEYRINGS.find((path) => existsSync(path));
    await writeFile(join(directory, 'apt.conf'), configuration(directory, download), { mode: 0o600 });
    await writeFile(join(directory, 'archive.sources'), stanzaFor(source, suite, keyring));
    await writeFile(join(directory, 'state', 'status'), '');
    return new Apt(suite, source.uris.join(' '), directory);
  }

  private run(args: readonly string[], onLine?: (line: string) => void): Promise<string> {
    const env = { APT_CONFIG: join(this.directory, 'apt.conf') };
    return command('apt-get', args, onLine ? { env, onLine } : { env });
  }

  /** Fetches the lists; signatures are checked. Throws PullError: no network, no such suite, not signed. */
  async update(onLine: (line: string) => void): Promise<void> {
    await this.run(['update'], onLine);
  }

  /** The packages and all that they need, in an order in which they can be installed. Throws PullError. */
  async resolve(names: readonly string[]): Promise<Package[]> {
    const text = await this.run(['install', '--simulate', '--no-install-recommends', '--', ...names]);
    const packages: Package[] = [];
    for (const match of text.matchAll(/^Inst (\S+) \((\S+) .*\[(\w+)\]\)/gm)) {
      const [, name = '', version = '', architecture = ''] = match;
      packages.push({ name: name.replace(/:.*/, ''), version, architecture });
    }
    return packages;
  }

  /** Fetches the archives of the packages. Resolves to their paths. Throws PullError. */
  async download(
    names: readonly string[],
    packages: readonly Package[],
    onLine: (line: string) => void,
  ): Promise<string[]> {
    await this.run(
      ['install', '--yes', '--download-only', '--no-install-recommends', '--', ...names],
      onLine,
    );
    const archives = join(this.directory, 'cache', 'archives');
    const paths = packages.map((entry) => join(archives, archiveName(entry)));
    const absent = paths.find((path) => !existsSync(path));
    if (absent !== undefined) throw new PullError(`apt-get did not fetch ${absent}`);
    await this.forgetOthers(archives, new Set(packages.map(archiveName)), packages);
    return paths;
  }

  /** Older versions of what was fetched now. */
  private async forgetOthers(
    archives: string,
    current: ReadonlySet<string>,
    packages: readonly Package[],
  ): Promise<void> {
    const names = new Set(packages.map(({ name }) => name));
    for (const file of await readdir(archives)) {
      const old = file.endsWith('.deb') && !current.has(file) && names.has(file.replace(/_.*/, ''));
      if (old) await rm(join(archives, file), { force: true });
    }
  }
}

/** apt's file name of a package: what could not be in a URL is escaped. */
function archiveName({ name, version, architecture }: Package): string {
  return `${name}_${version.replaceAll('%', '%25').replaceAll(':', '%3a')}_${architecture}.deb`;
}
