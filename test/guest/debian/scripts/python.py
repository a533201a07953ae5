#### language
import sys
print(sys.version_info[:2] >= (3, 11), sys.byteorder, sys.maxsize, sys.platform)
print([x * x for x in range(10) if x % 2], {k: v for k, v in zip("abc", range(3))}, sorted({3, 1, 2}), 2 ** 200, -7 // 2, 7 % -3, 0.1 + 0.2, 1e300 * 1e10)
print(f"{3.14159:8.3f}|{'x':>5}|{255:#x}|{1234567:,}", "héllo".encode(), b"\xff".hex())
def gen():
    x = yield 1
    yield x
g = gen(); print(next(g), g.send("sent"))
class A:
    def __init__(self, v): self.v = v
    def __repr__(self): return f"A({self.v})"
    def __add__(self, o): return A(self.v + o.v)
print(A(1) + A(2), isinstance(A(1), A))
match (1, [2, 3]):
    case (x, [y, *z]): print(x, y, z)
#### exceptions
try:
    1 / 0
except ZeroDivisionError as e:
    print(type(e).__name__, e)
finally:
    print("finally")
try: [][1]
except IndexError as e: print(e)
raise SystemExit(5)
#### work
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(18))
sieve = bytearray([1]) * 20000
for i in range(2, 142):
    if sieve[i]: sieve[i * i::i] = bytes(len(sieve[i * i::i]))
print(sum(sieve) - 2)
print(sum(i * i for i in range(100000)), str(3 ** 500)[:30])
import math
print(math.sin(1), math.sqrt(2), math.factorial(25), math.gcd(84, 36), math.pi)
#### files and os
import os
with open("f", "w") as f: f.write("line1\nline2\n")
print(open("f").read().splitlines(), os.path.getsize("f"), sorted(os.listdir(".")))
os.mkdir("d"); os.rename("f", "d/g"); print(os.path.exists("d/g"), os.stat("d/g").st_mode & 0o777 == 0o644)
try: open("absent")
except FileNotFoundError as e: print(e.errno, e.strerror)
r, w = os.pipe()
pid = os.fork()
if pid == 0:
    os.write(w, b"from child"); os._exit(3)
print(os.waitpid(pid, 0)[1], os.read(r, 100))
print(os.environ["HOME"], os.getuid(), os.system("exit 4") >> 8)
print(os.popen("echo popen").read())
#### signals and threads
import signal, _thread, time
seen = []
signal.signal(signal.SIGUSR1, lambda s, f: seen.append(s))
import os
os.kill(os.getpid(), signal.SIGUSR1); print(seen == [signal.SIGUSR1])
lock = _thread.allocate_lock(); done = []; total = 0
def work():
    global total
    for _ in range(1000):
        with lock: total += 1
    done.append(1)
for _ in range(4): _thread.start_new_thread(work, ())
while len(done) < 4: time.sleep(0.01)
print(total)
signal.signal(signal.SIGALRM, lambda s, f: print("alarm")); signal.setitimer(signal.ITIMER_REAL, 0.05); signal.pause()
#### bytes and hashing
import _sha2, zlib
print(_sha2.sha256(b"abc").hexdigest()); print(zlib.crc32(b"hello"), zlib.decompress(zlib.compress(b"x" * 10000)) == b"x" * 10000)
import struct
print(struct.pack("<IhQ", 1, -2, 3).hex(), struct.unpack(">d", bytes.fromhex("400921fb54442d18")))
#### stdin
import sys
print(repr(sys.stdin.read()))
