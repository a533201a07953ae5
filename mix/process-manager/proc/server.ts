import { serve } from '../../../nucleus/ipc/stubs.ts';
import type { UI } from '../../../nucleus/ids/ui.ts';
import { ObjectProtocol } from '../../protocols/object.ts';
import { unsupported } from '../../protocols/unsupported.ts';
import type { Manager } from '../manager.ts';
export function serveProc(pm: Manager): UI {
  return serve(pm.nucleus, pm.actor, ObjectProtocol, unsupported).ui;
}
