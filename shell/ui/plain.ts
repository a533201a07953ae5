/** `--plain`: the host terminal is handed to the pty as it is; no frame, no emulator. */
import type { Carrier } from '../api/carrier.ts';
import type { BootPlan } from '../api/options.ts';
import { HostTerminal } from './host-terminal.ts';
import { Session } from './session.ts';

const FALLBACK_TERM = 'xterm-256color';

/** Runs an interactive shell on the host terminal; resolves to its exit status. */
export async function plainTerminal(carrier: Carrier, plan: BootPlan, site?: number): Promise<number> {
  const terminal = new HostTerminal({
    fullScreen: false,
    onEnding: (signal) => void session.hangUp(signal),
    onRedraw: () => void session.resize(terminal.size),
  });
  const session = await Session.start(carrier, plan, terminal.size, {
    term: process.env.TERM ?? FALLBACK_TERM,
    ...(site === undefined ? {} : { site }),
  });
  terminal.open((bytes) => session.type(bytes));
  try {
    return await session.run((chunk) => terminal.write(chunk));
  } finally {
    terminal.close();
  }
}
