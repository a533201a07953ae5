/** `--help`, written from the table. */
import {
  COMMANDS,
  type CommandName,
  type CommandSpec,
  FLAGS,
  type FlagName,
  type FlagSpec,
} from './table.ts';

declare const __CHORUS_VERSION__: string | undefined;

/** The package's version; the build puts it in. */
export const VERSION = typeof __CHORUS_VERSION__ === 'string' ? __CHORUS_VERSION__ : '0.0.0-source';

const GAP = 2;
const FLAG_COLUMN_MAX = 34;

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.min(FLAG_COLUMN_MAX, Math.max(...rows.map(([left]) => left.length)));
  return rows
    .map(([left, right]) => {
      if (left.length <= width) return `  ${left.padEnd(width + GAP)}${right}`;
      return `  ${left}\n  ${' '.repeat(width + GAP)}${right}`;
    })
    .join('\n');
}

function flagRow(name: FlagName): [string, string] {
  const spec: FlagSpec = FLAGS[name];
  const short = spec.short === undefined ? '    ' : `-${spec.short}, `;
  return [`${short}--${name}${spec.value === undefined ? '' : ` ${spec.value}`}`, spec.help];
}

/** Help of one command, or of all. */
export function helpText(command: CommandName | undefined): string {
  if (command !== undefined && command !== 'terminal') {
    const spec: CommandSpec = COMMANDS[command];
    const flags = columns([...spec.flags, 'help' as const].map(flagRow));
    return `Usage: chorus ${command} ${spec.usage}\n${spec.summary}\n\n${flags}\n`;
  }
  const names = Object.keys(COMMANDS) as CommandName[];
  const commands = columns(
    names.map((name): [string, string] => [
      name === 'terminal'
        ? '(none)'
        : `${name} ${COMMANDS[name].usage.replace('[FLAG]… ', '').replace('[FLAG]…', '')}`,
      COMMANDS[name].summary,
    ]),
  );
  const flags = columns((Object.keys(FLAGS) as FlagName[]).map(flagRow));
  return [
    'Usage: chorus [FLAG]… [COMMAND] [FLAG]… [OPERAND]…',
    'A UNIX that is spread over sites, on a Chorus nucleus.',
    '',
    'Commands:',
    commands,
    '',
    'Flags (each command takes those that make sense for it: chorus COMMAND --help):',
    flags,
    '',
    "Exit status: the script's or program's; 124 timeout, 125 our own failure, 126 cannot be run, 127 not found,",
    '128+n ended by signal n, 2 wrong command line.',
    '',
  ].join('\n');
}
