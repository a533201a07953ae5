/**
 * Walking /proc by the object protocol's rules: links are followed inside, or handed back when they lead out.
 */
import { Limits, RESOLVE } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { MovedTo } from '../../protocols/object.ts';
import type { Walk } from '../resolve.ts';
import type { Handles } from './handles.ts';
import type { Directory, Node } from './nodes.ts';

/** A node and the way to it: '..' goes back along it. */
export interface Place {
  readonly node: Node;
  readonly path: string;
}

export type Found = { place: Place; moved?: undefined } | { moved: MovedTo; place?: undefined };

export interface ProcTree {
  readonly root: Directory;
  readonly handles: Handles;
  /** Where '..' at the root leads. */
  parent: { port: NonNullable<MovedTo['port']>; key: NonNullable<MovedTo['key']>; name: string } | null;
}

export async function walk(tree: ProcTree, request: Walk, pid: number, follow: boolean): Promise<Found> {
  const start = request.at === undefined ? null : tree.handles.get(request.at);
  let trail: Place[] = await trailTo(tree, start?.path ?? '', pid);
  if (start) trail[trail.length - 1] = { node: start.node, path: start.path };
  let links = request.links;
  let rest = request.path.split('/');
  const root = request.root === undefined ? undefined : tree.handles.get(request.root).path;
  const rules = request.rules ?? 0;
  const demandsDirectory = request.path.endsWith('/');
  while (rest.length > 0) {
    const name = rest.shift()!;
    const here = trail[trail.length - 1]!;
    if (name === '' || name === '.') {
      if (here.node.kind !== 'directory') throw new SysError('ENOTDIR');
      continue;
    }
    if (name === '..') {
      if (here.path === root) {
        if (rules & RESOLVE.BENEATH) throw new SysError('EXDEV');
      } else if (trail.length > 1) trail = trail.slice(0, -1);
      else if (tree.parent) return { moved: leave(tree.parent, rest, links) };
      continue;
    }
    const node = await step(here, name, pid);
    const isLast = rest.every((part) => part === '');
    const ends =
      node.kind === 'link' && isLast && !demandsDirectory && (!follow || node.descriptor !== undefined);
    if (node.kind === 'link' && node.magic && (follow || !ends)) checkMagic(rules, links);
    if (node.kind !== 'link' || ends) {
      trail = [...trail, { node, path: `${here.path}/${name}` }];
      continue;
    }
    links += 1;
    if (links > Limits.SYMLOOP_MAX) throw new SysError('ELOOP');
    if (node.target.startsWith('/'))
      return { moved: { kind: 'root', rest: joinRest(node.target, rest), links } };
    if (node.descriptor) throw new SysError('ENOTDIR');
    rest = [...node.target.split('/'), ...rest];
  }
  return { place: trail[trail.length - 1]! };
}

/** Whether a magic link may be followed. Throws ELOOP, EXDEV. */
function checkMagic(rules: number, links: number): void {
  const { NO_MAGICLINKS, BENEATH, IN_ROOT, NO_XDEV } = RESOLVE;
  if (links >= Limits.SYMLOOP_MAX || rules & NO_MAGICLINKS) throw new SysError('ELOOP');
  if (rules & (BENEATH | IN_ROOT | NO_XDEV)) throw new SysError('EXDEV');
}

async function step({ node }: Place, name: string, pid: number): Promise<Node> {
  if (node.kind !== 'directory') throw new SysError('ENOTDIR');
  const next = await node.find(name, pid);
  if (!next) throw new SysError('ENOENT');
  return next;
}

async function trailTo(tree: ProcTree, path: string, pid: number): Promise<Place[]> {
  const trail: Place[] = [{ node: tree.root, path: '' }];
  for (const name of path.split('/').filter((part) => part !== '')) {
    const here = trail[trail.length - 1]!;
    trail.push({ node: await step(here, name, pid), path: `${here.path}/${name}` });
  }
  return trail;
}

const joinRest = (target: string, rest: readonly string[]): string =>
  rest.length === 0 ? target : `${target}/${rest.join('/')}`;

function leave(parent: NonNullable<ProcTree['parent']>, rest: readonly string[], links: number): MovedTo {
  return { kind: 'server', port: parent.port, key: parent.key, rest: rest.join('/') || '.', links };
}
