/**
 * Jobs of an interactive shell: keys that stop and end them, what the shell tells, programs on the screen.
 */
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../support/chorus.ts';
import type { PtyWatcher } from '../../../support/screen.ts';
import { terminalPlace } from './support.ts';

const place = terminalPlace();

describe('^C', () => {
  it('gives up the line', async () => {
    const person = await place.shell();
    person.type('echo not this');
    await person.cursorAfter('# echo not this');
    person.type('\x03');
    await person.sees(/^# echo not this\^C\n#$/m);
    await person.runs('echo $?', /^130$/m);
  });

  it.each([
    ['a program', 'sleep 100'],
    ['a pipeline', 'sleep 100 | cat | wc'],
    ['a busy loop of the shell', 'while :; do :; done'],
    ['a loop of programs', 'while :; do /bin/true; done'],
    ['a subshell', '(while :; do sleep 1; done)'],
    ['a function', 'f() { sleep 100; echo not this; }; f'],
    ['a list, all of it', 'sleep 100; echo not this'],
    ['a built-in that waits', 'read line'],
    ['wait', 'sleep 100 & wait'],
  ])('ends %s', async (_name, command) => {
    const person = await place.shell();
    await person.runs(`echo begun; ${command}`, /^begun$/m);
    person.type('\x03');
    const screen = await person.sees(/^\^C\n#$/m);
    expect(screen).not.toMatch(/^not this/m);
    await person.runs('echo status $?', /^status 130$/m);
    person.type('kill %1\rexit\r');
    await person.pty.wait();
  });

  it('reaches a command however quickly it follows', async () => {
    const person = await place.shell();
    for (const command of ['sleep 100', 'sleep 101 | cat', '(sleep 102)']) {
      person.type(`${command}\r`);
      person.type('\x03');
      await person.sees(/\^C\n#$/);
      await person.clear();
    }
  });

  it('is caught by a trap', async () => {
    const person = await place.shell();
    await person.runs("trap 'echo caught' INT; echo set", /^set$/m);
    person.type('\x03');
    await person.sees(/^# \^C\ncaught\n#$/m);
    await person.runs('trap - INT; echo unset', /^unset$/m);
    person.type('\x03');
    await person.sees(/^# \^C\n#$/m);
  });

  it('ends a flood, and the terminal goes on', async () => {
    const person = await place.shell();
    await person.runs('yes', /(^y\n){20}/m);
    person.type('\x03');
    await person.sees(/^\^C\n#$/m);
    await person.runs('yes | head -100000 | wc -l', /^100000\n#$/m);
    await person.runs('yes | head -100000; echo over', /^over\n#$/m);
    await person.runs('seq 20000 | tail -3', /^19998\n19999\n20000\n#$/m);
  });

  it('^\\ ends with SIGQUIT', async () => {
    const person = await place.shell();
    await person.runs('echo begun; sleep 100', /^begun$/m);
    person.type('\x1c');
    await person.sees(/^\^\\Quit( \(core dumped\))?\n#$/m);
    await person.runs('echo $?', /^131$/m);
  });
});

describe('job control', () => {
  it('stops, lists, continues and ends jobs', async () => {
    const person = await place.shell();
    await person.runs('echo begun; sleep 1001 | cat', /^begun$/m);
    person.type('\x1a');
    await person.sees(/^\^Z\n\[1\]\+ {2}Stopped +sleep 1001 \| cat\n#$/m);
    await person.runs('sleep 1002 &', /^\[2\] \d+\n#$/m);
    await person.runs('jobs', /^\[1\]\+ {2}Stopped +sleep 1001 \| cat\n\[2\]- {2}Running +sleep 1002 &\n#$/m);
    await person.runs('bg', /^\[1\] sleep 1001 \| cat\n#$/m);
    await person.clear();
    await person.runs('jobs', /Running +sleep 1001 \| cat &\n.*Running +sleep 1002 &\n#$/m);
    await person.clear();
    await person.runs('kill %1; wait %1; echo $?', /^143$/m);
    await person.clear();
    await person.runs('fg %2', /^sleep 1002$/m);
    person.type('\x03');
    await person.prompt();
    await person.clear();
    await person.runs('jobs; echo none', /^# jobs; echo none\nnone\n#$/m);
  });

  it('tells before a prompt what became of jobs', async () => {
    const person = await place.shell();
    await person.runs('mkfifo g; (read x < g; exit 3) &', /^\[1\] \d+$/m);
    person.type('echo > g\r');
    await told(person, /^\[1\]\+ {2}Done\(3\) +\(/m);
    await person.runs('sleep 100 &', /^\[1\] \d+$/m);
    person.type('kill -9 %1\r');
    await told(person, /^\[1\]\+ {2}Killed +sleep 100$/m);
  });

  it('stops a background job that reads the terminal, until it is brought forward', async () => {
    const person = await place.shell();
    await person.runs('cat &', /^\[1\] \d+$/m);
    await told(person, /Stopped \(tty input\) +cat/);
    await person.clear();
    await person.runs('fg', /^# fg\ncat$/m);
    person.type('hello\r');
    await person.sees(/^hello\nhello$/m);
    person.type('\x04');
    await person.prompt();
    await person.runs('stty tostop; echo loud &', /Stopped \(tty output\)|\[1\] \d+/);
    await person.runs('fg; stty -tostop', /^loud$/m);
  });

  it.each([
    ['exit', 'exit\r'],
    ['^D', '\x04'],
  ])('%s warns once of stopped jobs', async (_name, keys) => {
    const person = await place.shell();
    await person.runs('echo begun; sleep 1000', /^begun$/m);
    person.type('\x1a');
    await person.sees(/Stopped/);
    await person.prompt();
    person.type(keys);
    await person.sees(/^You have stopped jobs\.\n#$/m);
    await person.runs('echo between', /^between$/m);
    await person.clear();
    person.type(keys);
    await person.sees(/^You have stopped jobs\.\n#$/m);
    person.type(keys);
    await person.pty.wait();
  });

  it('ignores end of file when told so', async () => {
    const person = await place.shell();
    await person.runs('set -o ignoreeof; echo set', /^set$/m);
    await person.clear();
    person.type('\x04');
    await person.sees(/^Use "exit" to leave shell\.\n#$/m);
    person.type('exit 4\r');
    expect(await person.pty.wait()).toMatchObject({ exitCode: 4 });
  });

  it('ends with SIGHUP when the window is closed, and its job too', async () => {
    const person = await place.shell();
    await person.runs('echo $$ > /tmp/shell; sleep 4242', /4242$/m);
    await eventually('the job runs', async () => (await pids('sleep 4242')) !== '');
    await person.hangUp();
    expect(await person.pty.wait()).toMatchObject({ exitCode: 129, signal: 'SIGHUP' });
    await eventually('the job has ended', async () => (await pids('sleep 4242')) === '');
  });
});

/** Process ids of a command, as ps has them. */
async function pids(command: string): Promise<string> {
  const { stdout } = await place.system.exec(`ps -e -o pid,args | grep '[s]${command.slice(1)}$'`);
  return stdout;
}

/** Presses Enter until a message about a job has come: they come before prompts. */
function told(person: PtyWatcher, message: RegExp): Promise<unknown> {
  return eventually(`told ${message}`, async () => {
    person.type('\r');
    await person.prompt();
    return message.test(person.screen.text());
  });
}

describe('the terminal of commands', () => {
  it('keeps what stty changes', async () => {
    const person = await place.shell();
    await person.runs('stty erase X intr ^G; echo set', /^set$/m);
    await person.runs('stty -a', /intr = \^G;[^\n]*erase = X;/);
    await person.clear();
    person.type('cat\r');
    await person.cursorAfter('');
    person.type('ab');
    await person.cursorAfter('ab');
    person.type('Xc\r');
    await person.sees(/^# cat\nac\nac$/m);
    person.type('\x07');
    await person.sees(/^\^G\n#$/m);
    person.type('sleep 100');
    await person.cursorAfter('# sleep 100');
    person.type('\x07');
    await person.prompt();
    await person.runs('stty sane; stty -echo; echo quiet', /^quiet$/m);
    await person.runs('cat', /^# cat$/m);
    person.type('unseen\r');
    await person.sees(/^# cat\nunseen$/m);
    person.type('\x04');
    await person.prompt();
    await person.runs('stty echo; stty -a', / echo /);
  });

  it('is sane again after a program that died in raw mode', async () => {
    const person = await place.shell();
    await person.runs("sh -c 'stty raw -echo; echo begun; kill -9 $$'", /Killed$/m);
    await person.clear();
    await person.runs('stty -a', / icanon .* echo /);
  });

  it('tells a running command of the new size, and only then', async () => {
    const person = await place.shell();
    await person.runs(
      'sh -c \'trap "stty size" WINCH; echo begun; while :; do sleep 0.02; done\'',
      /^begun$/m,
    );
    await person.resize({ rows: 30, columns: 90 });
    await person.sees(/^30 90$/m);
    person.type('\x03');
    await person.prompt();
    await person.runs('stty size', /^# stty size\n30 90\n#$/m);
  });

  it('runs programs of the whole screen', async () => {
    const person = await place.shell();
    await person.runs('top', /PID.*COMMAND[\s\S]*\btop$/m);
    expect(person.screen.text()).toMatch(/^top - /);
    await person.resize({ rows: 12, columns: 60 });
    person.type('q');
    await person.prompt();
    person.type('\x0c');
    await person.runs('seq 40 > f; more f', /^--More--.*$/m);
    expect(person.screen.text()).toMatch(/^11$/m);
    person.type(' ');
    await person.sees(/^22$/m);
    person.type('q');
    await person.prompt();
    await person.runs('stty -a | grep -c " icanon .* echo "', /^1$/m);
  });
});
