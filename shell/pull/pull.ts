/** Fills a directory with Debian packages for riscv64 and all that they depend on. */
import { Apt, type Package } from './apt.ts';
import { PullError } from './error.ts';
import { prepareTree, record, recorded, recordOf, settleTree, unpack } from './tree.ts';

/** What every root needs and no package depends on: the C.UTF-8 locale, getconf. */
const ALWAYS = ['libc-bin'];

export interface PullRequest {
  /** Packages, as apt-get install takes them (NAME, NAME=VERSION). */
  readonly names: readonly string[];
  readonly directory: string;
  /** Default: the first Debian release that has riscv64, or the host's own when that is newer. */
  readonly suite?: string | undefined;
  /** Hears what is being done, a line at a time. */
  readonly progress: (line: string) => void;
}

export interface Pulled {
  readonly suite: string;
  /** All packages that the request stands for. */
  readonly packages: readonly Package[];
  /** How many of them were not there before. */
  readonly unpacked: number;
}

const PACKAGE = /^[a-z0-9][a-z0-9+.-]*(=[\w.+:~-]+)?$/;

/** Throws PullError with one line. What is there already is not unpacked again. */
export async function pull({ names, directory, suite, progress }: PullRequest): Promise<Pulled> {
  const wrong = names.find((name) => !PACKAGE.test(name));
  if (wrong !== undefined) throw new PullError(`not a package name: '${wrong}'`);
  const apt = await Apt.open(suite);
  progress(`lists: ${apt.archive} ${apt.suite}`);
  const fetching = (line: string): void => {
    if (/^(Get|Err):/.test(line)) progress(line);
  };
  await apt.update(fetching);
  const wanted = [...new Set([...names, ...ALWAYS])];
  const packages = await apt.resolve(wanted);
  progress(`packages: ${packages.length} for ${names.join(' ')}`);
  const archives = await apt.download(wanted, packages, fetching);
  await prepareTree(directory);
  const there = await recorded(directory);
  let unpacked = 0;
  for (const [i, entry] of packages.entries()) {
    if (there.has(recordOf(entry))) continue;
    progress(`unpack: ${entry.name} ${entry.version}`);
    await unpack(directory, archives[i]!);
    await record(directory, [entry]);
    unpacked++;
  }
  await settleTree(directory, archives);
  return { suite: apt.suite, packages, unpacked };
}
