/**
 * Makes engines translate code at first sight, or as often as CHORUS_TRANSLATE says: `samples,instructions`
 * (nucleus/supervisor/cpu/translator/translator.ts). Loaded before each test file when that is set:
 *
 *   CHORUS_TRANSLATE=1,1 npx vitest run test/guest
 */
import { TRANSLATOR_OPTIONS } from '../../nucleus/supervisor/cpu/translator/translator.ts';

const [samples, sampleInstructions] = (process.env.CHORUS_TRANSLATE ?? '').split(',').map(Number);
if (!samples || !sampleInstructions) throw new Error('CHORUS_TRANSLATE=samples,instructions');
Object.assign(TRANSLATOR_OPTIONS, { samples, sampleInstructions, quietInstructions: 100_000, atOnce: true });
