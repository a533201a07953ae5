/**
 * The tests of the processor once more, with everything translated when it is executed for the first time.
 */
import { AT_ONCE, translating } from './harness.ts';

translating(AT_ONCE);
await import('./engine.test.ts');
await import('./code-changes.test.ts');
await import('./random.test.ts');
await import('./vectors.test.ts');
await import('./float/processor.test.ts');
