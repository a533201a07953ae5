/** egrep: grep -E. */
import { grepCommand } from './grep.ts';

export default grepCommand('egrep', 'extended');
