#### if elif else
for x in 1 2 3; do if [ $x = 1 ]; then echo one; elif [ $x = 2 ]; then echo two; else echo many; fi; done
#### if status
if false; then :; fi; echo $?
#### while until
i=0; while [ $i -lt 3 ]; do echo w$i; i=$((i+1)); done; until [ $i -eq 0 ]; do i=$((i-1)); echo u$i; done
#### while status
while false; do :; done; echo $?
#### break continue
for i in 1 2 3 4 5; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done
#### break n
for i in 1 2; do for j in a b; do [ $j = b ] && continue 2; echo $i$j; break 2; done; done; echo end
#### for without in
set -- x y; for i; do echo $i; done
#### for empty
for i in; do echo never; done; echo $?
#### case patterns
for x in abc xyz 12 '' '*'; do case $x in a*) echo A;; x?z) echo X;; [0-9][0-9]) echo N;; '') echo empty;; \*) echo star;; esac; done
#### case alternatives
case b in a|b|c) echo yes;; esac; case z in (a) echo a;; (*) echo default;; esac
#### case status
case x in y) ;; esac; echo $?; case x in x) false;; esac; echo $?
#### case no last semicolons
case a in a) echo last
esac
#### and or lists
true && echo a || echo b; false && echo c || echo d; false || false || echo e; true || echo f
#### negation
! true; echo $?; ! false; echo $?; if ! false; then echo n; fi
#### pipeline status
true | false; echo $?; false | true; echo $?; ! false | true; echo $?
#### sequential
echo a; echo b
echo c
#### background and wait
{ echo bg; } & wait; echo done
#### wait status
(exit 7) & wait $!; echo $?
#### wait unknown
wait 99999999; echo $?
#### subshell isolation
x=1; (x=2; cd /; echo $x); echo $x; f() { x=3; }; f; echo $x
#### brace group in same shell
{ x=5; }; echo $x
#### function arguments
f() { echo $# "$1" "$@"; }; f a 'b c'; set -- p; f; echo $1
#### function return
f() { return 3; echo no; }; f; echo $?; g() { false; return; }; g; echo $?
#### recursion
fact() { if [ $1 -le 1 ]; then echo 1; else echo $(( $1 * $(fact $(($1-1))) )); fi; }; fact 10
#### function overrides command
ls() { echo mine; }; ls; command ls -d /; unset -f ls; ls -d /
#### local variables
x=g; f() { local x; x=l; echo $x; }; f; echo $x
#### function redefinition
f() { echo 1; }; f() { echo 2; }; f
#### function in subshell
f() ( x=inner; echo $x ); x=outer; f; echo $x
#### exit in subshell
(exit 4); echo $?; (echo a; exit 0; echo b); x=$(exit 9); echo $?
#### exit status of script
exit 42
#### exit no argument
false; exit
#### exit wraps
(exit 256); echo $?; (exit 300); echo $?
#### command not found
nosuchcommand; echo $?
#### not executable
echo hi > f; chmod 644 f; ./f; echo $?
#### directory as command
mkdir d; ./d; echo $?
#### script with shebang
printf '#!/bin/sh\necho args $# "$@"\n' > s; chmod +x s; ./s a 'b c'
#### script without shebang
echo 'echo plain $1' > s; chmod +x s; ./s x
#### shebang with option
printf '#!/bin/sh -e\nfalse\necho not\n' > s; chmod +x s; ./s; echo $?
#### eval
x='echo a; echo b'; eval "$x"; eval 'y=5'; echo $y; eval; echo $?
#### dot script
echo 'z=8; echo in $1' > lib; . ./lib; echo $z
#### dot return
printf 'echo a\nreturn 3\necho b\n' > lib; . ./lib; echo $?
#### dot missing
. ./nosuch; echo not reached
#### set e
set -e; echo a; false; echo b
#### set e in condition
set -e; if false; then :; fi; false || true; ! true; echo alive
#### set e in function
set -e; f() { false; echo in f; }; f || echo handled; echo after
#### set e subshell
set -e; (false; echo no); echo no
#### set e and list
set -e; false && true; echo alive; true && false; echo dead
#### set e assignment
set -e; x=$(false); echo no
#### set x
set -x; echo a 'b c'; x=1
#### set v quiet
set +v; echo ok
#### set n
sh -n -c 'echo never'; echo $?
#### set f and restore
set -f; echo *; set +f
#### set positional
set -- -a b; echo $1 $2; set x y; echo $#; set --; echo $#
#### shift errors
set -- a; shift; echo $#; (shift 5) 2>/dev/null; echo $?
#### colon and true
: ignored args; echo $?; true; echo $?
#### trap exit
trap 'echo bye' EXIT; echo hi
#### trap exit status
trap 'echo st $?' EXIT; exit 3
#### trap signal
trap 'echo got' USR1; kill -USR1 $$; echo after
#### trap ignore
trap '' TERM; kill -TERM $$; echo alive
#### trap reset
trap 'echo x' INT; trap - INT; trap
#### trap list
trap 'echo a' EXIT; trap; trap - EXIT
#### trap in subshell reset
trap 'echo parent' EXIT; (echo sub); echo end
#### signal kills subshell
(kill -TERM $(sh -c 'echo $PPID'); sleep 5); echo $?
#### kill by number
sh -c 'kill -9 $$'; echo $?
#### kill zero
kill -0 $$; echo $?
#### kill list
kill -l 2; kill -l 15; kill -l 143
#### nested functions
a() { b() { echo b; }; b; }; a; b
#### nested loops and pipes
for i in 1 2; do echo $i | while read x; do echo "got $x"; done; done
#### pipeline in subshell keeps variables out
x=0; echo 1 | while read y; do x=$y; done; echo $x
#### long pipeline
echo abc | cat | cat | cat | tr a-c x-z | cat
#### yes head
yes | head -3
#### seq sum
seq 1 100 | { s=0; while read n; do s=$((s+n)); done; echo $s; }
#### multiline compound
if true
then
  for i in a b
  do
    echo $i
  done
fi
#### semicolon newline mixes
for i in 1 2
do echo $i; done; while false
do :
done; echo $?
#### alias
alias e=echo
eval 'e hi'
#### alias not in same line
sh -c 'alias q="echo quick"
q brown'
#### getopts
set -- -a -b val -c rest; while getopts ab:c o; do echo "$o:$OPTARG"; done; shift $((OPTIND-1)); echo $1
#### getopts errors
set -- -x; getopts :a o; echo "$o $OPTARG"; set -- -b; OPTIND=1; getopts :b: o; echo "$o $OPTARG"
#### command v
command -v echo; command -v cat | grep -c '/cat$'; command -v nosuch; echo $?; f() { :; }; command -v f
#### type
type echo | head -1; type nosuch; echo $?
#### umask
umask 027; touch f; mkdir d; ls -ld f d | cut -c1-10; umask
#### umask symbolic
umask 022; umask -S; umask u=rwx,g=rx,o=; umask
#### cd and pwd
mkdir -p a/b; cd a/b; basename $(pwd); cd ..; basename $PWD; cd - > /dev/null; basename $PWD
#### cd errors
cd /nosuch; echo $?
#### cd home
cd; [ "$PWD" = "$HOME" ] && echo home
#### cd symlink logical
mkdir real; ln -s real link; cd link; basename $(pwd); basename $(pwd -P); cd ..; ls -d real
#### times runs
times > /dev/null; echo $?
#### ulimit n
ulimit -n 64; ulimit -n
#### printf reuse
printf '%s-%s\n' a b c
#### syntax error
if then; echo no
#### syntax error in eval
eval 'for' ; echo not reached
#### unexpected paren
echo a ) b
#### missing done
for i in 1; do echo $i
#### pipefail absent
false | true; echo $?
#### exec replaces
exec echo replaced; echo not
#### exec missing
(exec nosuchcommand); echo $?
#### env passes
env -i A=1 sh -c 'echo $A ${HOME-nohome}'
#### prefix assignment on function
f() { echo $v; }; v=1; v=2 f
#### assignment before special builtin persists
x=1 :; echo ${x-unset}; x=2 true; echo $x
#### xtrace ps4
PS4='+ '; set -x; echo hi 2>/dev/null
#### ppid
sh -c 'test $PPID -gt 0 && echo ok'
#### read loop from file
printf 'a\nb\nc' > f; while read l || [ -n "$l" ]; do echo "<$l>"; done < f
#### double semicolons in nested case
case a in a) case b in b) echo ab;; esac;; *) echo no;; esac
#### arithmetic while
n=5; f=1; while [ $n -gt 1 ]; do f=$((f*n)); n=$((n-1)); done; echo $f
#### command substitution nested
echo $(echo $(echo $(echo deep)))
#### substitution with case
x=$(case a in a) echo yes;; esac); echo $x
#### substitution with here document
x=$(cat <<E
in $((1+1))
E
); echo "$x"
#### empty substitution
x=$(); echo "[$x]"
#### substitution exit status in condition
if x=$(false); then echo t; else echo f; fi
#### background pipeline
echo a | cat > f & wait; cat f
#### many background
for i in 1 2 3 4 5; do (exit $i) & done; wait; echo $?
#### suspend not needed
jobs; echo $?
