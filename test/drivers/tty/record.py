#!/usr/bin/env python3
"""Records how this machine's terminal behaves: corpus/terminal.json, which line-discipline.test.ts replays.

Run on Linux: python3 test/drivers/tty/record.py
Each case is a list of steps on a fresh pty without a session (so signals only flush):
  ["set", {flag: bool | cc name: byte}]   change the terminal attributes
  ["type", text]                          write to the master
  ["write", text]                         write to the slave, as a program
  ["read", max, result]                   read from the slave; null: nothing to read (EAGAIN)
  ["screen", result]                      everything the master can read
Texts are latin-1: one character per byte.
"""
import json, os, pathlib, random, termios, time

IFLAGS = dict(icrnl=termios.ICRNL, inlcr=termios.INLCR, igncr=termios.IGNCR, istrip=termios.ISTRIP,
              ixon=termios.IXON, ixany=termios.IXANY, iutf8=0o40000)
OFLAGS = dict(opost=termios.OPOST, onlcr=termios.ONLCR, ocrnl=termios.OCRNL, onocr=termios.ONOCR, onlret=termios.ONLRET)
LFLAGS = dict(isig=termios.ISIG, icanon=termios.ICANON, echo=termios.ECHO, echoe=termios.ECHOE, echok=termios.ECHOK,
              echonl=termios.ECHONL, echoctl=termios.ECHOCTL, echoke=termios.ECHOKE, noflsh=termios.NOFLSH,
              iexten=termios.IEXTEN)
CHARS = dict(intr=termios.VINTR, quit=termios.VQUIT, erase=termios.VERASE, kill=termios.VKILL, eof=termios.VEOF,
             eol=termios.VEOL, eol2=termios.VEOL2, start=termios.VSTART, stop=termios.VSTOP, susp=termios.VSUSP,
             rprnt=termios.VREPRINT, werase=termios.VWERASE, lnext=termios.VLNEXT)
SANE = dict(icrnl=True, inlcr=False, igncr=False, istrip=False, ixon=True, ixany=False, iutf8=True,
            opost=True, onlcr=True, ocrnl=False, onocr=False, onlret=False,
            isig=True, icanon=True, echo=True, echoe=True, echok=True, echonl=False, echoctl=True, echoke=True,
            noflsh=False, iexten=True,
            intr=3, quit=28, erase=127, kill=21, eof=4, eol=0, eol2=0, start=17, stop=19, susp=26, rprnt=18,
            werase=23, lnext=22)


def apply(slave, change):
    attributes = termios.tcgetattr(slave)
    for name, value in change.items():
        for index, table in ((0, IFLAGS), (1, OFLAGS), (3, LFLAGS)):
            if name in table:
                attributes[index] = attributes[index] | table[name] if value else attributes[index] & ~table[name]
        if name in CHARS:
            attributes[6][CHARS[name]] = bytes([value])
    if not attributes[3] & termios.ICANON:
        attributes[6][termios.VMIN] = 1
        attributes[6][termios.VTIME] = 0
    termios.tcsetattr(slave, termios.TCSANOW, attributes)


def drain(fd, size):
    try:
        return os.read(fd, size).decode("latin-1")
    except BlockingIOError:
        return None


def settle():
    time.sleep(0.005)


def run(steps):
    master, slave = os.openpty()
    os.set_blocking(master, False)
    os.set_blocking(slave, False)
    attributes = termios.tcgetattr(slave)
    attributes[1] &= ~(termios.TABDLY)
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    apply(slave, SANE)
    done = []
    for step in steps:
        kind, argument = step[0], step[1] if len(step) > 1 else None
        if kind == "set":
            apply(slave, argument)
        elif kind == "type":
            os.write(master, argument.encode("latin-1"))
        elif kind == "write":
            try:
                os.write(slave, argument.encode("latin-1"))
            except BlockingIOError:
                continue
        if kind in ("type", "write"):
            settle()
        if kind == "read":
            done.append([kind, argument, drain(slave, argument)])
        elif kind == "screen":
            text = ""
            while (more := drain(master, 65536)) is not None:
                text += more
            done.append([kind, text])
        else:
            done.append(step)
    os.close(slave)
    os.close(master)
    return done


def steady(steps):
    """The kernel delivers in its own time: only what two runs in a row agree on is recorded."""
    before = run(steps)
    while (now := run(steps)) != before:
        before = now
    return now


def reads(count=6, size=4096):
    return [["read", size] for _ in range(count)]


def typed(text, **change):
    return ([["set", change]] if change else []) + [["type", text], ["screen"], *reads()]


FIXED = [
    typed("hello\n"), typed("hello\r"), typed("a\tb\n"), typed("a\r\nb\n", igncr=True), typed("a\nb\n", inlcr=True),
    typed("ab\x7fc\n"), typed("a\x7f\x7f\x7fb\n"), typed("\x7f\n"), typed("one two\x17three\n"),
    typed("one two   \x17\n"), typed("one.two\x17\n"), typed("one_two\x17\n"), typed("abc\x15def\n"),
    typed("abc\x15def\n", echoke=False), typed("abc\x15def\n", echok=False), typed("abc\x15def\n", echoe=False),
    typed("abc\x15def\n", echoke=False, echok=False), typed("abc\x7f\x7fd\n", echoe=False), typed("a\x17\n", echoe=False),
    typed("ab\x01\x7fc\n"), typed("ab\x01\x7fc\n", echoctl=False), typed("a\tb\x7f\x7fc\n"), typed("abcdefghi\t\x7f\n"),
    typed("\x01\t\x7fx\n"), typed("a\t\t\x7f\x7fx\n"), typed("\xc3\xa9\x7fx\n"), typed("\xc3\xa9\x7fx\n", iutf8=False),
    typed("\xe2\x82\xac\t\x7f\x7fx\n"), typed("\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e\x17\n"),
    typed("abc\x12def\n"), typed("abc\x12\n", iexten=False), typed("a\x16\x03b\n"), typed("a\x16\nb\n"),
    typed("a\x16\x16b\x16\x7fc\n"), typed("a\x16\x04\n"), typed("a\x16\x03", echo=False), typed("a\x16\x03\n", echoctl=False),
    typed("abc\x04"), typed("\x04"), typed("abc\x04def\n"), typed("a\x04\x04b\n"), typed("abc;def\n", eol=ord(";")),
    typed("abc;def\n", eol2=ord(";")), typed("abc;def\n", eol2=ord(";"), iexten=False),
    typed("abc\x03def\n"), typed("abc\x03def\n", noflsh=True), typed("abc\x1c\x1ad\n"), typed("abc\x03\n", isig=False),
    typed("abc\x03\n", echo=False), typed("abc\x03\n", echoctl=False), typed("abc\n", echo=False, echonl=True),
    typed("a\x13b\n\x11c\n"), typed("a\x13b\n"), typed("a\x13bc\n", ixany=True), typed("a\x13b\x11\n", ixon=False),
    typed("\xe1\xe2\n", istrip=True), typed("\x00a\x00\n"), typed("\x0b\x0c\x08\x1b[A\n"),
    typed("ab\ncd\n\x04ef", icanon=False), typed("a\r\n\x7f\x15\x01", icanon=False), typed("a\r", icanon=False, icrnl=False),
    [["type", "line one\nline two\n"], ["read", 3], ["read", 3], ["read", 4096], ["read", 4096]],
    [["type", "abc\x04"], ["read", 3], ["read", 3]], [["type", "abc\x04d\n"], ["read", 2], ["read", 2], ["read", 9]],
    [["type", "abc"], ["set", {"icanon": False}], ["read", 99], ["read", 99]],
    [["set", {"icanon": False}], ["type", "ab\ncd"], ["set", {"icanon": True}], ["read", 99], ["read", 99],
     ["type", "e\n"], ["read", 99]],
    [["type", "a\x04b\n"], ["set", {"icanon": False}], ["read", 99]],
    [["write", "one\ntwo\r\tx\b\n"], ["screen"]], [["set", {"onlcr": False}], ["write", "a\nb\r\n"], ["screen"]],
    [["set", {"opost": False}], ["write", "a\nb\r\n"], ["screen"]], [["set", {"ocrnl": True}], ["write", "a\rb\n"], ["screen"]],
    [["set", {"onocr": True}], ["write", "\ra\r\r\n\r"], ["screen"]],
    [["set", {"onlret": True, "onlcr": False, "onocr": True}], ["write", "abc\n\rx\r"], ["screen"]],
    [["write", "$ "], ["type", "\tx\x7f\x7f"], ["screen"]], [["write", "prompt: "], ["type", "a\tb\x15"], ["screen"]],
    [["type", "a" * 5000 + "\n"], ["read", 9999], ["read", 9999]],
    [["set", {"echo": False}], ["type", "a" * 4094 + "\n"], ["read", 9999], ["read", 9999]],
    [["type", "\x13"], ["type", "abc"], ["screen"], ["set", {"ixon": False}], ["screen"]],
]

ALPHABET = ["a", "b", " ", "_", ".", "Z", "7", "\t", "\n", "\r", "\x7f", "\x7f", "\x17", "\x15", "\x12", "\x16", "\x04",
            "\x01", "\x1b", "\x03", "\x11", "\x13", "\x00", "\xc3\xa9", "\xe2\x82\xac", "\xa9", "\xff", ";", "\b", "\f"]
FLAGS = [name for name, value in SANE.items() if isinstance(value, bool)]


def fuzz(seed):
    draw = random.Random(seed)
    change = {name: not SANE[name] for name in FLAGS if draw.random() < 0.12}
    if draw.random() < 0.3:
        change["eol"] = ord(";")
    steps = [["set", change]]
    for _ in range(draw.randint(1, 4)):
        kind = draw.random()
        if kind < 0.15:
            steps.append(["write", "".join(draw.choice("ab\n\r\t\b") for _ in range(draw.randint(1, 8)))])
        elif kind < 0.25:
            name = draw.choice(FLAGS)
            steps.append(["set", {name: draw.random() < 0.5}])
        elif kind < 0.4:
            steps.append(["read", draw.choice([1, 3, 10])])
        else:
            steps.append(["type", "".join(draw.choice(ALPHABET) for _ in range(draw.randint(1, 14)))])
        if draw.random() < 0.5:
            steps.append(["screen"])
    return steps + [["screen"], *reads(4, 64)]


cases = [steady(steps) for steps in FIXED] + [steady(fuzz(seed)) for seed in range(500)]
path = pathlib.Path(__file__).parent / "corpus" / "terminal.json"
path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
print(f"{len(cases)} cases")
