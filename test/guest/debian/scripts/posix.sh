#### loop with arithmetic
i=0
while [ $i -lt 5000 ]; do i=$((i + 3)); done
echo $i $((i * i % 1000)) $((0x1f | 010)) $((1 << 20))

#### pipelines and subshells
seq 1 200 | while read n; do echo $((n * 2)); done | sort -rn | head -5 | tr '\n' ' '
echo
(cd / && pwd); pwd | sed 's/.*/somewhere/'
echo a b c | (read x y; echo "$y-$x")
x=outer; (x=inner; echo $x); echo $x

#### statuses
false; echo $?
sh -c 'exit 42'; echo $?
(exit 7) || echo "or $?"
! true; echo $?
false | true; echo $?
nosuchcommand 2>/dev/null; echo $?
sh -c 'kill -TERM $$'; echo $?
sh -c 'kill -9 $$'; echo $?

#### here-documents and quoting
name=world
cat <<END
hello $name \$name `echo sub` $(echo "nested $(echo deep)")
END
cat <<'END'
$name `no`
END
printf '%s|' "a  b" 'c"d' e\ f; echo
set -- "one two" three; for a; do echo "<$a>"; done; echo $#

#### parameter expansion
p=/usr/lib/libfoo.so.1
echo ${p##*/} ${p%/*} ${p%%.*} ${#p} ${unset-default} ${unset:=set} $unset
v=; echo "${v:-empty}" "${v-notempty}" ${v:+x}end

#### functions and local state
fact() { [ $1 -le 1 ] && echo 1 || echo $(($1 * $(fact $(($1 - 1))))); }
fact 10
f() { return 3; }; f; echo $?

#### case, test, glob
touch a.txt b.txt c.log
for f in *.txt; do case $f in a*) echo "A $f";; *) echo "other $f";; esac; done
echo [ab].* *.none
test -f a.txt && test ! -d a.txt && echo file
[ 5 -gt 3 -a abc != abd ] && echo yes

#### redirections
echo one > f; echo two >> f; cat < f; wc -l < f | tr -d ' '
{ echo out; echo err >&2; } 2> e > o; cat o e
exec 5> five; echo via5 >&5; exec 5>&-; cat five
cat nosuch 2>/dev/null || echo failed
echo x > /nonexistent/y || echo "cannot"

#### background jobs and wait
(sleep 0.1; echo slept) & 
p=$!
echo first; wait $p; echo "done $?"
for i in 1 2 3; do (exit $i) & done; wait; echo all
sleep 5 & kill $!; wait $! 2>/dev/null; echo $?

#### traps
trap 'echo cleanup' EXIT
trap 'echo got usr1' USR1
kill -USR1 $$
echo after

#### command substitution at scale
i=0; s=
while [ $i -lt 60 ]; do s=$s$(echo $i | cut -c1); i=$((i + 1)); done
echo $s

#### fifos
mkfifo p
(echo through the fifo > p) & cat p; wait

#### read, IFS, set
printf 'a:b c:d\\e\n' > t
while IFS=: read -r x y z; do echo "$x,$y,$z"; done < t
IFS=,; set -- $(echo 1,2,3); echo $2
unset IFS; set -f; echo *; set +f

#### umask, dates, environment
umask 027; touch u; ls -l u | cut -c1-10
VAR=given sh -c 'echo $VAR'; echo "${VAR-gone}"
date -u -d @1000000000 +%Y-%m-%dT%H:%M:%S
env -i A=1 /usr/bin/env 2>/dev/null | head -1 | cut -c1

#### SIGPIPE
yes | head -3
seq 1 100000 | head -1

#### large pipe
seq 1 60000 | sort -n | tail -1
dd if=/dev/zero bs=65536 count=64 2>/dev/null | wc -c

#### directories
mkdir -p d/e/f; cd d/e; echo $(basename $PWD); cd ..; ls; cd - > /dev/null; rmdir f; cd ../..; find d | sort
