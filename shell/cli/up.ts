/** `chorus up`: boots sites as processes in the background, which go on when this command has ended. */
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { socketAddress } from '../api/joined-site.ts';
import { type SiteOrder, SiteProcess } from '../api/site-process.ts';
import type { Arguments } from './arguments.ts';
import { CliError } from './exit.ts';
import { planFlags } from './plan.ts';
import { printLine } from './run.ts';
import {
  DEFAULT_NAME,
  processStart,
  readState,
  removeState,
  type SiteRecord,
  stateDirectory,
  writeState,
} from './state.ts';

/** Sites of a system when nobody says how many. */
const SITES_DEFAULT = 3;

export async function up({ flags }: Arguments): Promise<number> {
  const { description, trace } = planFlags(flags, SITES_DEFAULT);
  const name = flags.name ?? DEFAULT_NAME;
  if (readState(name)) throw new CliError(`a system named '${name}' is up already (chorus down ends it)`);
  const directory = stateDirectory(name);
  removeState(directory);
  mkdirSync(directory, { mode: 0o700 });
  const first = socketAddress(directory, description.sites[0]!.site);
  const children = description.sites.map(({ site }): SiteProcess => {
    const address = socketAddress(directory, site);
    const peers = address === first ? [] : [first];
    const order = { description, site, address, peers, stays: true, directory };
    return startLogged(directory, trace === undefined ? order : { ...order, trace });
  });
  try {
    const ready = await Promise.all(children.map((child) => child.ready()));
    const records = ready.map(({ site, pid, address }): SiteRecord => {
      const entry = description.sites.find((candidate) => candidate.site === site);
      return {
        site,
        name: entry?.name ?? `site${site}`,
        hostPid: pid,
        started: processStart(pid) ?? '',
        address,
      };
    });
    writeState(directory, { version: 1, name, description, sites: records });
    for (const child of children) child.release();
    await printRecords(records, flags.json === true);
    return 0;
  } catch (error) {
    const logs = children.map(({ site }) => lastLog(directory, site)).find((text) => text !== '');
    await Promise.all(children.map((child) => child.stop()));
    removeState(directory);
    throw new CliError(`${(error as Error).message}${logs === undefined ? '' : `: ${logs}`}`);
  }
}

const logPath = (directory: string, site: number): string => join(directory, `site-${site}.log`);

function startLogged(directory: string, order: SiteOrder): SiteProcess {
  const log = openSync(logPath(directory, order.site), 'a', 0o600);
  try {
    return new SiteProcess(order, log);
  } finally {
    closeSync(log);
  }
}

/** The last line that a site logged. */
function lastLog(directory: string, site: number): string {
  try {
    return readFileSync(logPath(directory, site), 'utf8').trimEnd().split('\n').at(-1) ?? '';
  } catch {
    return '';
  }
}

async function printRecords(records: readonly SiteRecord[], json: boolean): Promise<void> {
  if (json) {
    const rows = records.map(({ site, name, hostPid, address }) => ({
      site,
      name,
      state: 'up',
      hostPid,
      address,
    }));
    return printLine(JSON.stringify(rows));
  }
  const width = Math.max(...records.map(({ name }) => name.length));
  for (const { site, name, hostPid, address } of records) {
    await printLine(`site ${site}  ${name.padEnd(width)}  pid ${hostPid}  ${address}`);
  }
}
