/** Finds the tilde prefixes of a word while it is still known which characters were quoted. */
import type { Part } from './ast.ts';
import { text } from './ast.ts';

/** `~`, `~user` up to a slash, a colon (in assignments) or the end of the text; only unquoted text counts. */
const PREFIX = /^~([A-Za-z0-9._-]*)(?=\/|:|$)/;

function splitText(s: string, last: boolean, assignment: boolean, atStart: boolean): Part[] {
  const parts: Part[] = [];
  let plain = '';
  const pieces = assignment ? s.split(/(?<=:)/) : [s];
  pieces.forEach((piece, index) => {
    const found = index > 0 || atStart ? PREFIX.exec(piece) : null;
    const reachesEnd = found?.[0].length === piece.length && index === pieces.length - 1;
    const stops = found && (reachesEnd ? last : assignment || piece[found[0].length] !== ':');
    if (!found || !stops) {
      plain += piece;
      return;
    }
    if (plain !== '') parts.push(text(plain));
    parts.push({ t: 'tilde', user: found[1] ?? '' });
    plain = piece.slice(found[0].length);
  });
  if (plain !== '') parts.push(text(plain));
  return parts;
}

/**
 * Replaces the text of tilde prefixes by tilde parts: at the start, and in assignments after every unquoted
 * colon.
 */
export function markTildes(parts: readonly Part[], assignment: boolean): readonly Part[] {
  if (!parts.some((part) => part.t === 'text' && part.s.includes('~'))) return parts;
  return parts.flatMap((part, index) => {
    if (part.t !== 'text' || !part.s.includes('~')) return [part];
    const before = parts[index - 1];
    const atStart = index === 0 || (assignment && before?.t === 'text' && before.s.endsWith(':'));
    if (!assignment && index > 0) return [part];
    return splitText(part.s, index === parts.length - 1, assignment, atStart);
  });
}
