/**
 * Subshells: `( )`, asynchronous lists, pipeline elements. The child gets the shell's whole state and a piece
 * of syntax, unless it is one external command whose words have no effects: then the command, expanded here,
 * is all it needs.
 */
import { builtins } from '../builtins/index.ts';
import { ShellError } from '../errors.ts';
import { expandWords } from '../expand/word.ts';
import { addProcess, startJob } from '../jobs/start.ts';
import { waitForJob } from '../jobs/wait.ts';
import type { Shell } from '../state/shell.ts';
import type { EncodedShell } from '../state/snapshot.ts';
import { encodeShell } from '../state/snapshot.ts';
import type { Node, Part, SimpleNode, SubshellNode, Word } from '../syntax/ast.ts';
import { literalOf } from '../syntax/ast.ts';
import type { SharedSyntax } from '../syntax/share.ts';
import { shareSyntax } from '../syntax/share.ts';
import { unparse } from '../syntax/unparse.ts';
import type { Task } from '../task.ts';
import type { ChildSetup } from './child.ts';
import { execute } from './execute.ts';
import { externalCommand, hasTraps } from './external.ts';
import { Flags } from './flags.ts';
import { startPipeline } from './pipeline.ts';
import { expandRedirects } from './redirect.ts';
import { expandAssignments } from './simple.ts';

export interface SubshellState {
  readonly setup: ChildSetup;
  readonly shell: EncodedShell;
  readonly body: SharedSyntax;
  readonly flags: number;
}

/** What to fork for a command: entry and state. */
export interface ChildPlan {
  readonly entry: 'external' | 'subshell';
  readonly state: object;
}

export function subshellPlan(sh: Shell, node: Node, flags = 0): ChildPlan {
  return { entry: 'subshell', state: { shell: encodeShell(sh), body: shareSyntax(node), flags } };
}

/** The cheapest child that runs `node` as a subshell would. */
export function* childFor(sh: Shell, node: Node, flags = 0): Task<ChildPlan> {
  if (node.k !== 'simple') return subshellPlan(sh, node, flags);
  try {
    return (yield* plainExternal(sh, node)) ?? subshellPlan(sh, node, flags);
  } catch (error) {
    // What is wrong with the command is the child's affair: it finds out by itself.
    if (!(error instanceof ShellError)) throw error;
    return subshellPlan(sh, node, flags);
  }
}

/** An external command whose expansion here cannot be told from one in a subshell. */
function* plainExternal(sh: Shell, node: SimpleNode): Task<ChildPlan | undefined> {
  const name = node.words[0] && literalOf(node.words[0]);
  if (name === undefined || builtins().has(name) || sh.functions.has(name)) return undefined;
  if (sh.options.nounset || sh.options.xtrace) return undefined;
  const words = [...node.words, ...node.assigns.map((a) => a.value), ...node.redirects.map((r) => r.target)];
  if (!words.every((word) => isPure(word.parts))) return undefined;
  sh.line = node.line;
  const args = yield* expandWords(sh, node.words);
  const redirects = yield* expandRedirects(sh, node.redirects);
  const assigns = yield* expandAssignments(sh, node.assigns);
  const call = { args, redirects, assigns, flags: 0, plain: false, path: undefined };
  const command = yield* externalCommand(sh, call);
  return command && { entry: 'external', state: { command } };
}

/** Expanding it changes nothing and cannot fail. */
function isPure(parts: readonly Part[]): boolean {
  return parts.every((part) => {
    switch (part.t) {
      case 'text':
      case 'quoted':
      case 'tilde':
        return true;
      case 'double':
        return isPure(part.parts);
      case 'param':
        return isPureParameter(part.op, part.word);
      default:
        return false;
    }
  });
}

function isPureParameter(op: string | undefined, word: Word | undefined): boolean {
  if (op === undefined || op === 'length') return true;
  return ['-', '+', '%', '%%', '#', '##'].includes(op) && isPure(word?.parts ?? []);
}

/** `( … )`. In a process that ends with it, it runs in place. */
export function* executeSubshell(sh: Shell, node: SubshellNode, flags: number): Task<number> {
  sh.line = node.line;
  if ((flags & Flags.LAST) !== 0 && sh.subshell > 0 && !hasTraps(sh))
    return yield* execute(sh, node.body, flags);
  const job = startJob(sh, () => unparse(node), false);
  const { entry, state } = yield* childFor(sh, node.body, flags & Flags.TESTED);
  yield* addProcess(sh, job, entry, state, {});
  return yield* waitForJob(sh, job);
}

/** `command &`. */
export function* executeAsync(sh: Shell, body: Node): Task<number> {
  const job = startJob(sh, () => unparse(body), true);
  if (body.k === 'pipeline') yield* startPipeline(sh, job, body.commands);
  else {
    const { entry, state } = yield* childFor(sh, body.k === 'subshell' ? body.body : body);
    yield* addProcess(sh, job, entry, state, {});
  }
  if (sh.interactive) yield* sh.write(2, `[${job.number}] ${sh.backgroundPid}\n`);
  return 0;
}
