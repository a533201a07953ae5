import type { Manager } from './manager.ts';
export function watchSites(_pm: Manager): void {}
