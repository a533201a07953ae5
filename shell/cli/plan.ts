/** From the common flags to what is booted and how programs start. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseDescription, SITES_MAX } from '../../mix/boot/description.ts';
import { type BootOptions, type BootPlan, planFrom } from '../api/options.ts';
import { type FlagValues, integerFlag, UsageError } from './arguments.ts';
import { hostErrorText } from './host-error.ts';
import { limitFlags } from './limit-flags.ts';

/** Seeds are 32-bit. */
const SEED_MAX = 0xffff_ffff;

/** -e NAME=VALUE, or -e NAME for the host's value (nothing when the host has none). */
export function environmentFlags(entries: readonly string[] = []): Record<string, string> {
  const env: Record<string, string> = {};
  for (const entry of entries) {
    const at = entry.indexOf('=');
    const name = at < 0 ? entry : entry.slice(0, at);
    if (name === '') throw new UsageError(`--env: expected NAME[=VALUE], not '${entry}'`);
    const value = at < 0 ? process.env[name] : entry.slice(at + 1);
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/** The description in a --config file: sites (with their volumes) and seed. */
function configFile(path: string): { sites: NonNullable<BootOptions['sites']>; seed?: number } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path}: ${hostErrorText(error)}`);
  }
  try {
    return parseDescription(JSON.parse(text));
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message}`);
  }
}

/** Boot options of the flags; `sites` is what is booted without --sites and --config. Throws UsageError. */
export function planFlags(flags: FlagValues, sites = 1): BootPlan {
  if (flags.sites !== undefined && flags.config !== undefined) {
    throw new UsageError('--sites and --config exclude each other');
  }
  const count = integerFlag('sites', flags.sites, 1, SITES_MAX);
  const seed = integerFlag('seed', flags.seed, 0, SEED_MAX);
  const config = flags.config === undefined ? {} : configFile(flags.config);
  const several = (count ?? sites) > 1 || Array.isArray((config as BootOptions).sites);
  const trace = flags.trace === undefined || flags.trace === '-' ? flags.trace : resolve(flags.trace);
  try {
    const plan = planFrom({
      sites: count ?? sites,
      ...config,
      ...(seed === undefined ? {} : { seed }),
      volumes: flags.volume ?? [],
      ...(flags.root === undefined ? {} : { root: flags.root }),
      env: environmentFlags(flags.env),
      limits: limitFlags(flags.limit),
      ...(flags.workdir === undefined ? {} : { cwd: flags.workdir }),
      ...(flags.user === undefined ? {} : { user: flags.user }),
      processes: several,
    });
    return { ...plan, trace };
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
