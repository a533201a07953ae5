/** What a person types at the prompt, and what the screen shows of it. */
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../support/chorus.ts';
import { terminalPlace } from './support.ts';

const place = terminalPlace({
  '/root/notes/first.txt': '1',
  '/root/notes/second file.txt': '2',
  '/root/alpha.one': '',
  '/root/alpha.two': '',
  ...Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`/tmp/many/f${i}`, ''])),
});

const UP = '\x1b[A';
const DOWN = '\x1b[B';
const RIGHT = '\x1b[C';
const LEFT = '\x1b[D';

describe('keys', () => {
  it.each<[string, string, string, string]>([
    ['left and right', `echo ac${LEFT}b${RIGHT}d`, 'echo abcd', ''],
    ['home and end', 'ho x\x1b[Hec\x1b[Fy', 'echo xy', ''],
    ['^A and ^E', 'ho x\x01ec\x05y', 'echo xy', ''],
    ['^B, ^F and ^D', 'abcd\x02\x02\x02\x04\x06x', 'acx', 'd'],
    ['^K and ^Y', `one two${LEFT.repeat(4)}\x0b\x19\x19`, 'one two two', ''],
    ['^U', `one two${LEFT.repeat(3)}\x15`, '', 'two'],
    ['^U and ^Y', 'one\x15\x19\x19', 'oneone', ''],
    ['^W takes a word between blanks', 'cat /usr/bin/x y\x17\x17z', 'cat z', ''],
    ['^W and ^Y', 'a bc\x17\x19\x19', 'a bcbc', ''],
    ['Alt+B and Alt+F', 'one two three\x1bb\x1bb\x1bfX', 'one twoX', ' three'],
    ['Ctrl+Left and Ctrl+Right', 'one two\x1b[1;5D\x1b[1;5DX\x1b[1;5CY', 'XoneY', ' two'],
    ['Alt+Backspace takes a part', 'cat /usr/bin\x1b\x7f', 'cat /usr/', ''],
    ['Alt+D', 'one two\x01\x1bd', '', ' two'],
    ['delete', 'abc\x01\x1b[3~', '', 'bc'],
    ['backspace', 'abc\x7f\x08d', 'ad', ''],
    ['^T', 'ab\x14', 'ba', ''],
    ['characters of UTF-8', `h\u00e4 \u6f22\u5b57${LEFT}\u00df\x7f${LEFT}\x7fx`, 'h\u00e4x', '\u6f22\u5b57'],
    ['keys that mean nothing', 'a\x1b[15~\x1b[24~\x07\x1ab', 'ab', ''],
  ])('%s', async (_name, keys, before, after) => {
    const person = await place.shell();
    person.type(keys);
    // Wide characters take a cell more, which holds nothing.
    await person.cursorAt(`# ${before}`, `# ${before}${after}`.trimEnd());
  });

  it('draws lines longer than the window, and clears the screen with ^L', async () => {
    const person = await place.shell();
    const long = 'abcdefghij'.repeat(20);
    person.type(`echo ${long}`);
    const wrapped = `# echo ${long}`.match(/.{1,80}/g)!.join('\n');
    await person.sees(wrapped);
    person.type('\x01\x1b[C\x0c');
    await person.cursorAt('# e', wrapped.split('\n')[0]!);
    expect(person.screen.text()).toBe(wrapped);
    person.type('\x05\r');
    await person.sees(`${wrapped}\n${long.match(/.{1,80}/g)!.join('\n')}\n#`);
  });

  it('begins a prompt on a line of its own', async () => {
    const person = await place.shell();
    await person.runs('printf unfinished', /^unfinished\n#$/m);
    person.type('x\x7f');
    await person.prompt();
    await person.sees(/^unfinished\n#$/m);
  });

  it('takes what was typed ahead', async () => {
    const person = await place.shell();
    person.type('cat\rone\rtwo\r');
    await person.sees(/^one\ntwo$/m);
    person.type('\x04');
    await person.prompt();
    person.type('read x; echo "<$x>"\rvalue\recho next\r');
    await person.sees(/^<value>\n# echo next\nnext\n#$/m);
  });
});

describe('pasting', () => {
  it('puts several lines into the command line and runs them on Enter', async () => {
    const person = await place.shell();
    expect(person.raw).toContain('\x1b[?2004h');
    person.type('\x1b[200~for i in 1 2\rdo\r\techo "n$i"\rdone\x1b[201~');
    await person.sees(/^# for i in 1 2\ndo\n +echo "n\$i"\ndone$/m);
    person.type('\r');
    await person.sees(/^n1\nn2\n#$/m);
    expect(person.raw).toContain('\x1b[?2004l');
  });

  it('runs lines that come without brackets one by one, prompts between them', async () => {
    const person = await place.shell();
    person.type('echo a\recho b\recho c\r');
    await person.sees('# echo a\na\n# echo b\nb\n# echo c\nc\n#');
  });

  it('takes ten thousand characters at once', async () => {
    const person = await place.shell();
    person.type(`\x1b[200~${': 0123456789\n'.repeat(800)}echo all of it\x1b[201~\r`);
    await person.sees(/^all of it\n#$/m);
  });
});

describe('history', () => {
  it('goes up and down, and keeps what was being typed', async () => {
    const person = await place.shell({ HISTFILE: '/tmp/h1' });
    await person.runs('echo one', /^one$/m);
    await person.runs('echo two', /^two$/m);
    await person.prompt();
    person.type(`unfinished${UP}`);
    await person.cursorAfter('# echo two');
    person.type(UP);
    await person.cursorAfter('# echo one');
    person.type(`${UP}${DOWN}`);
    await person.cursorAfter('# echo two');
    person.type(DOWN);
    await person.cursorAfter('# unfinished');
    person.type('\x15\x1b.\x1b.');
    await person.cursorAfter('# one');
    person.type('\x15\x1b<');
    await person.cursorAfter('# echo one');
  });

  it('searches with ^R', async () => {
    const person = await place.shell({ HISTFILE: '/tmp/h2' });
    await person.runs('echo apple', /^apple$/m);
    await person.runs('echo banana', /^banana$/m);
    await person.runs('echo apricot', /^apricot$/m);
    person.type('\x12ap');
    await person.cursorAt("(reverse-i-search)`ap': echo ", "(reverse-i-search)`ap': echo apricot");
    person.type('\x12');
    await person.cursorAt("(reverse-i-search)`ap': echo ", "(reverse-i-search)`ap': echo apple");
    person.type('x');
    await person.sees("(failed reverse-i-search)`apx'");
    person.type('\x7f\x07');
    await person.prompt();
    person.type('\x12ban\x05s');
    await person.cursorAfter('# echo bananas');
    person.type('\r');
    await person.sees(/^bananas$/m);
    await person.prompt();
    person.type('\x12appl\r');
    await person.sees(/^# echo apple\napple\n#$/m);
  });

  it('is kept in ~/.sh_history', async () => {
    const first = await place.shell();
    await first.runs('echo kept $((40 + 2))', /^kept 42$/m);
    await first.prompt();
    first.type('exit\r');
    await first.pty.wait();
    const second = await place.shell();
    second.type(UP + UP);
    await second.cursorAfter('# echo kept $((40 + 2))');
    second.type('\r');
    await second.sees(/^kept 42$/m);
    await second.runs('history 2', /echo kept[^\n]*\n +\d+ {2}history 2$/m);
    const file = await place.system.fs.readFile('/root/.sh_history', 'utf8');
    expect(file).toMatch(/echo kept \$\(\(40 \+ 2\)\)\nexit\n/);
  });
});

describe('completion', () => {
  it.each<[string, string, string]>([
    ['a command', 'basen\t', 'basename '],
    ['a built-in', 'unali\t', 'unalias '],
    ['a command after others', 'true; A=1 basen\t', 'true; A=1 basename '],
    ['a path', 'cat notes/f\t', 'cat notes/first.txt '],
    ['a directory', 'cd /roo\tno\t', 'cd /root/notes/'],
    ['what has blanks', 'cat notes/s\t', 'cat notes/second\\ file.txt '],
    ['inside quotes', 'cat "notes/s\t', 'cat "notes/second file.txt" '],
    ['the home directory', 'cat ~/notes/f\t', 'cat ~/notes/first.txt '],
    ['a redirection', 'cat <notes/f\t', 'cat <notes/first.txt '],
    ['a variable', 'echo $HOM\t', 'echo $HOME '],
    ['a variable in braces', 'echo ${HOM\t', 'echo ${HOME}'],
    ['what is common', 'cat alp\t', 'cat alpha.'],
    ['nothing', 'cat nowhere\t\t', 'cat nowhere'],
  ])('completes %s', async (_name, keys, line) => {
    const person = await place.shell();
    person.type(keys);
    await person.cursorAfter(`# ${line}`);
  });

  it('lists what is possible when asked again, and asks before listing much', async () => {
    const person = await place.shell();
    person.type('cat alpha\t\t\t');
    await person.sees(/^# cat alpha\.\nalpha\.one +alpha\.two\n# cat alpha\.$/m);
    person.type('o\t');
    await person.cursorAfter('# cat alpha.one ');
    person.type('\x15ls /tmp/many/\t\t');
    await person.sees('Display all 120 possibilities? (y or n)');
    person.type('n');
    await person.cursorAfter('# ls /tmp/many/f');
    person.type('\t\ty');
    await person.sees(/ f99$/m);
    await person.cursorAfter('# ls /tmp/many/f');
  });
});

describe('prompts', () => {
  it('continues with PS2 and gives up with ^C', async () => {
    const person = await place.shell();
    person.type('for i in a b\r');
    await person.cursorAfter('> ');
    person.type('do echo "$i\r');
    await person.sees(/^> do echo "\$i\n>$/m);
    person.type('"; done\r');
    await person.sees(/^a\n\nb\n\n#$/m);
    person.type("echo 'open\r");
    await person.cursorAfter('> ');
    person.type('\x03');
    await person.sees(/^> \^C\n#$/m);
    await person.runs('echo $?', /^130$/m);
    person.type('cat <<E\r');
    await person.cursorAfter('> ');
    person.type('here\rE\r');
    await person.sees(/^> E\nhere\n#$/m);
  });

  it('expands PS1, of several lines and with colours', async () => {
    const person = await place.shell();
    person.type("PS1='[$PWD]\n'$(printf '\\033[32m')'$((1+1))> '$(printf '\\033[m')\r");
    await person.cursorAfter('2> ');
    person.type('abc\x01X');
    await person.cursorAt('2> X', '2> Xabc');
    await person.sees('[/root]\n2> Xabc');
  });

  it('edits in the width of the window as it is', async () => {
    const person = await place.shell();
    person.type(`: ${'0123456789'.repeat(6)}`);
    await person.cursorAfter(`# : ${'0123456789'.repeat(6)}`);
    await person.resize({ rows: 20, columns: 40 });
    await person.sees(/^# : (0123456789){3}012345\n6789(0123456789){2}$/m);
    person.type('\x15');
    await person.prompt();
    await eventually('nothing else is left', () => person.screen.text() === '#');
    await person.runs('stty size', /^20 40$/m);
  });

  it('works line by line on a terminal that cannot move its cursor', async () => {
    const person = await place.shell({ TERM: 'dumb' });
    await person.runs('echo wrong\x15echo plain', /^plain$/m);
    person.type('nothing');
    await person.cursorAfter('# nothing');
    person.type('\x03');
    await person.sees(/^# nothing\^C\n#$/m);
    expect(person.raw).not.toContain('\x1b');
    person.type('\x04');
    expect(await person.pty.wait()).toMatchObject({ exitCode: 130 });
  });
});
