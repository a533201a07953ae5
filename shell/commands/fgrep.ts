/** fgrep: grep -F. */
import { grepCommand } from './grep.ts';

export default grepCommand('fgrep', 'fixed');
