/**
 * The status line: what the sites of the system are up to. Ink lays it out and styles it, on a stream of our
 * own: its frames are text that the terminal's owner puts on the last row, so Ink never meets the pane.
 */
import { Writable } from 'node:stream';
import { Box, render, Text } from 'ink';

export interface StatusProps {
  columns: number;
  sites: readonly { site: number; name: string; up: boolean }[];
  processes: number | undefined;
  messagesPerSecond: number | undefined;
  /** Lines scrolled back; 0 = live. */
  back: number;
}

const COUNT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** Columns of what stands beside the sites. */
const OTHERS_COLUMNS = 46;
/** Columns that a site takes besides its name: mark and gap, and what is said when it is down. */
const MARK_COLUMNS = 4;
const DOWN_COLUMNS = 5;

/** Sites are named one by one where there is room, otherwise counted. */
function Sites({ sites, columns }: Pick<StatusProps, 'sites' | 'columns'>) {
  const named = sites.reduce(
    (sum, { name, up }) => sum + name.length + MARK_COLUMNS + (up ? 0 : DOWN_COLUMNS),
    OTHERS_COLUMNS,
  );
  if (named > columns) {
    const up = sites.filter((site) => site.up).length;
    return (
      <Text color={up === sites.length ? 'green' : 'red'}>
        {up} of {sites.length} sites up
      </Text>
    );
  }
  return (
    <Text>
      {sites.map(({ site, name, up }) => (
        <Text key={site} color={up ? 'green' : 'red'}>
          {up ? '● ' : '○ '}
          {name}
          {up ? '  ' : ' down  '}
        </Text>
      ))}
    </Text>
  );
}

const count = (value: number | undefined, unit: string): string =>
  value === undefined ? '' : `${COUNT.format(value)} ${unit}`;

export function Status({ columns, sites, processes, messagesPerSecond, back }: StatusProps) {
  return (
    <Box width={columns} height={1} overflow="hidden" justifyContent="space-between">
      <Box flexShrink={1} height={1} overflow="hidden">
        <Text bold wrap="truncate-end">
          {' chorus  '}
        </Text>
        <Sites sites={sites} columns={columns} />
      </Box>
      <Box flexShrink={0} height={1}>
        <Text wrap="truncate-end">
          {back > 0 ? <Text inverse>{` ${back} lines back `}</Text> : ''}
          {`  ${count(processes, 'processes')}  ${count(messagesPerSecond, 'messages/s')} `}
        </Text>
      </Box>
    </Box>
  );
}

/** Escape sequences that Ink sends besides frames (cursor visibility) are not text. */
const CURSOR_CONTROL = /\x1b\[\?25[hl]/g;

/** Renders status lines; `onFrame` gets each as text with SGR sequences, one row. */
export class StatusLine {
  private readonly instance: ReturnType<typeof render>;

  constructor(props: StatusProps, onFrame: (frame: string) => void) {
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        const frame = String(chunk).replace(CURSOR_CONTROL, '').split('\n')[0];
        if (frame) onFrame(frame);
        done();
      },
    });
    const stdout = Object.assign(stream, {
      columns: props.columns,
      rows: 2,
    }) as unknown as NodeJS.WriteStream;
    const { stdin } = process;
    this.instance = render(<Status {...props} />, {
      stdout,
      stdin,
      debug: true,
      exitOnCtrlC: false,
      patchConsole: false,
    });
  }

  show(props: StatusProps): void {
    this.instance.rerender(<Status {...props} />);
  }

  close(): void {
    this.instance.unmount();
  }
}
