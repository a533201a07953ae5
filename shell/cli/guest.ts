/**
 * This process as one more site of a system that is up: how attach, sites, ps and kill reach it. A guest has
 * no volumes and no terminals; its number is drawn at random above those of descriptions, so guests do not
 * collide.
 */
import { randomInt } from 'node:crypto';
import { rmSync } from 'node:fs';
import { SITE_MAX } from '../../nucleus/ids/ui.ts';
import { sitesReady } from '../../nucleus/join.ts';
import { type Carrier, programsOf } from '../api/carrier.ts';
import { joinNucleus, socketAddress } from '../api/joined-site.ts';
import { programTable } from '../programs.ts';
import { CliError } from './exit.ts';
import { type SystemState, siteAlive, stateDirectory } from './state.ts';
import { openTrace } from './trace.ts';

/** Numbers of guests begin here: those of described sites are small. */
const GUEST_FIRST = 1024;
/** How long the living sites may take to answer, ms. */
const JOIN_MS = 10_000;

export interface Guest extends Carrier {
  readonly state: SystemState;
  /** The first living site: where programs run. */
  readonly site: number;
}

/** Joins the system. Throws CliError when its sites do not answer. */
export async function joinAsGuest(state: SystemState, traceTarget?: string): Promise<Guest> {
  const alive = state.sites.filter(siteAlive);
  const number = randomInt(GUEST_FIRST, SITE_MAX);
  const directory = stateDirectory(state.name);
  const address = socketAddress(directory, number);
  const programs = programTable();
  const order = {
    description: state.description,
    site: number,
    address,
    peers: alive.map((site) => site.address),
  };
  const trace = openTrace(traceTarget);
  const { nucleus, links, start } = await joinNucleus(order, programs);
  trace.follow(nucleus);
  const leave = async (): Promise<void> => {
    await links.close();
    trace.close();
    rmSync(address.slice('ipc://'.length), { force: true });
  };
  try {
    const wanted = alive.map(({ site }) => site);
    await sitesReady(links, wanted, JOIN_MS);
    const joined = await start();
    return {
      state,
      site: wanted[0]!,
      programs,
      home: joined.running,
      programsIn: programsOf(state.description),
      sites: () => links.sites().map(({ site, name, up }) => ({ site, name, up })),
      close: async () => {
        await joined.running.shutdown();
        await leave();
      },
    };
  } catch (error) {
    await leave();
    const text = error instanceof Error ? error.message : String(error);
    throw new CliError(`the system '${state.name}' does not answer: ${text}`);
  }
}

/** Joins, works, leaves. */
export async function asGuest<T>(state: SystemState, work: (guest: Guest) => Promise<T>): Promise<T> {
  const guest = await joinAsGuest(state);
  try {
    return await work(guest);
  } finally {
    await guest.close();
  }
}
