/**
 * The syntax tree of the shell language: plain, encodable, never changed after parsing, since a subshell
 * takes its piece of it to a process that may start on another site.
 */

export interface TextPart {
  readonly t: 'text';
  readonly s: string;
  /** Holds characters that pathname expansion cares about. */
  readonly glob?: boolean;
}
/** Characters between single quotes or behind a backslash. */
export interface QuotedPart {
  readonly t: 'quoted';
  readonly s: string;
}
export interface DoublePart {
  readonly t: 'double';
  readonly parts: readonly Part[];
}
export interface TildePart {
  readonly t: 'tilde';
  readonly user: string;
}
export interface CommandPart {
  readonly t: 'command';
  readonly body: Node | undefined;
}
export interface ArithmeticPart {
  readonly t: 'arith';
  readonly parts: readonly Part[];
}
export type ParameterOperator =
  | '-'
  | '='
  | '?'
  | '+'
  | '%'
  | '%%'
  | '#'
  | '##'
  | 'length'
  | 'slice'
  | '/'
  | '//'
  | '/#'
  | '/%'
  | '^'
  | '^^'
  | ','
  | ',,'
  | 'indirect'
  | 'bad';
export interface ParameterPart {
  readonly t: 'param';
  readonly name: string;
  readonly op?: ParameterOperator;
  /** `:-` and the like: null counts as unset. */
  readonly colon?: boolean;
  readonly word?: Word;
  /** Second operand: the length of a slice, the replacement. */
  readonly second?: Word;
}
export type Part =
  | TextPart
  | QuotedPart
  | DoublePart
  | TildePart
  | CommandPart
  | ArithmeticPart
  | ParameterPart;

export interface Word {
  readonly parts: readonly Part[];
  /**
   * An argument `name=value` of a declaration utility (export, readonly, local): expanded as an assignment
   * is.
   */
  readonly assign?: boolean;
}

export interface Assignment {
  readonly name: string;
  readonly append?: boolean;
  readonly value: Word;
}

export type RedirectOperator =
  | '<'
  | '>'
  | '>>'
  | '>|'
  | '<>'
  | '<&'
  | '>&'
  | '<<'
  | '<<-'
  | '<<<'
  | '&>'
  | '&>>';
export interface Redirect {
  readonly fd: number;
  readonly op: RedirectOperator;
  /** File name, descriptor, or the contents of a here-document. */
  readonly target: Word;
}

export interface SimpleNode {
  readonly k: 'simple';
  readonly line: number;
  readonly assigns: readonly Assignment[];
  readonly words: readonly Word[];
  readonly redirects: readonly Redirect[];
}
export interface PipelineNode {
  readonly k: 'pipeline';
  readonly commands: readonly Node[];
}
export interface NotNode {
  readonly k: 'not';
  readonly body: Node;
}
export interface AndOrNode {
  readonly k: 'and' | 'or';
  readonly left: Node;
  readonly right: Node;
}
export interface ListNode {
  readonly k: 'list';
  readonly items: readonly Node[];
}
export interface AsyncNode {
  readonly k: 'async';
  readonly body: Node;
}
export interface SubshellNode {
  readonly k: 'subshell';
  readonly line: number;
  readonly body: Node;
}
export interface GroupNode {
  readonly k: 'group';
  readonly body: Node;
}
/** A compound command with redirections. */
export interface RedirectedNode {
  readonly k: 'redirected';
  readonly line: number;
  readonly body: Node;
  readonly redirects: readonly Redirect[];
}
export interface IfNode {
  readonly k: 'if';
  readonly test: Node;
  readonly then: Node;
  readonly otherwise?: Node;
}
export interface LoopNode {
  readonly k: 'while' | 'until';
  readonly test: Node;
  readonly body: Node;
}
export interface ForNode {
  readonly k: 'for';
  readonly line: number;
  readonly name: string;
  /** Absent: "$@". */
  readonly words?: readonly Word[];
  readonly body: Node;
}
export interface CaseItem {
  readonly patterns: readonly Word[];
  readonly body?: Node;
  /** `;&`: go on with the next body. */
  readonly fall?: boolean;
}
export interface CaseNode {
  readonly k: 'case';
  readonly line: number;
  readonly subject: Word;
  readonly items: readonly CaseItem[];
}
export interface FunctionNode {
  readonly k: 'function';
  readonly line: number;
  readonly name: string;
  readonly body: Node;
}
/** `((expression))`. */
export interface ArithmeticNode {
  readonly k: 'arithmetic';
  readonly line: number;
  readonly expression: Word;
}
/** `for ((init; test; step))`. */
export interface ArithmeticForNode {
  readonly k: 'afor';
  readonly line: number;
  readonly init: Word;
  readonly test: Word;
  readonly step: Word;
  readonly body: Node;
}
/** `[[ expression ]]`. */
export interface ConditionNode {
  readonly k: 'condition';
  readonly line: number;
  readonly expression: Condition;
}
export type Condition =
  | { readonly c: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly c: 'not'; readonly body: Condition }
  | { readonly c: 'unary'; readonly op: string; readonly word: Word }
  | { readonly c: 'binary'; readonly op: string; readonly left: Word; readonly right: Word };

export type Node =
  | SimpleNode
  | PipelineNode
  | NotNode
  | AndOrNode
  | ListNode
  | AsyncNode
  | SubshellNode
  | GroupNode
  | RedirectedNode
  | IfNode
  | LoopNode
  | ForNode
  | CaseNode
  | FunctionNode
  | ArithmeticNode
  | ArithmeticForNode
  | ConditionNode;

/** The text of a word that is written without any quoting or expansion; undefined for others. */
export function literalOf(word: Word): string | undefined {
  const [part] = word.parts;
  return word.parts.length === 1 && part?.t === 'text' ? part.s : undefined;
}

export const text = (s: string): TextPart =>
  /[*?[\]\\]/.test(s) ? { t: 'text', s, glob: true } : { t: 'text', s };
export const EMPTY_WORD: Word = { parts: [] };
