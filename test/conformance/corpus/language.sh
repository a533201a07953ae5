#### set -e basics
set -e; false || echo a; if false; then :; fi; ! true; echo b; (exit 3); echo c

#### set -e function
set -e; f() { false; echo in; }; f || echo x; f; echo y

#### set -e subst
set -e; x=$(false; echo hi); echo "$x"; y=$(exit 3); echo no

#### set -e pipeline
set -e; false | true; echo a; true | false; echo b

#### set -e while
set -e; while false; do :; done; echo ok; until true; do :; done; for i in 1 2; do [ $i = 2 ]; done; echo end

#### set -e and list
set -e; true && false; echo "not reached?"

#### set -e and list2
set -e; { false && true; }; echo "reached"

#### set -u
set -u; echo ${x-d}; echo $x; echo no

#### set -u arith
set -u; echo $((x+1)); echo $@ $*; echo "$1"

#### set -x
set -x; a=1 b="x y"; echo $a "$b" >/dev/null; a=2 true; for i in 1 2; do echo $i; done

#### set -f
touch a b; set -f; echo *; set +f; echo *

#### set -n
echo a; set -n; echo b

#### set -v
set -v
echo a
# comment
echo b

#### set -C
set -C; echo a > f; echo b > f; echo $?; echo c >| f; cat f; echo d >> f; cat f; echo x > /dev/null; echo $?

#### set -a
set -a; X=1; sh -c 'echo $X'; set +a; Y=2; sh -c 'echo "[$Y]"'

#### dollar dash
echo $-; set -e; echo $-; set +e; set -fu; echo $-

#### set --
set -- a 'b c' d; echo $#; for i; do echo "<$i>"; done; set -- ; echo $#; set a b; echo $2; set - x; echo $1

#### shift
set 1 2 3 4 5; shift; echo $*; shift 2; echo $*; shift 5; echo no

#### positional 10
set 1 2 3 4 5 6 7 8 9 a b; echo $10 ${10} ${11} $#

#### at star
set "a b" c ""; for i in "$@"; do echo "<$i>"; done; for i in $@; do echo "<$i>"; done; for i in "$*"; do echo "<$i>"; done; IFS=,; echo "$*"; IFS=; echo "$*"; unset IFS; echo "$*"; for i in x"$@"y; do echo "<$i>"; done

#### at empty
set --; for i in "$@"; do echo no; done; for i in "$@"x; do echo "<$i>"; done; for i in "" "$@"; do echo "<$i>"; done; printf '<%s>' "$@"; echo; set -- ""; printf '<%s>' "$@" ; echo

#### at unquoted glob
touch x1 x2; set 'x*' b; echo $@; echo "$@"; echo $*

#### ifs
IFS=:; x=a:b::c:; for i in $x; do echo "<$i>"; done; IFS=' :'; x=' a : b  :  : c '; for i in $x; do echo "<$i>"; done; x=': a'; for i in $x; do echo "<$i>"; done

#### ifs literal
IFS=x; echo axb; y=axb; echo $y "$y"; echo ${z:-axb} ${z:-"axb"}

#### ifs empty expansions
x=; y=" "; printf '<%s>' $x a $y b "$x" c$y d${y}e; echo

#### quote removal
echo a\ b 'c"d' "e'f" "g\"h" "\a\$x\\" '\'; echo \
cont; echo "a\
b"; echo a\
b

#### params ops
unset u; e=; s=set; echo ${u-d} ${u:-d} ${e-d} ${e:-d} ${s-d} ${s:-d}; echo ${u+a} ${u:+a} ${e+a} ${e:+a} ${s+a} ${s:+a}; echo ${u=as} $u; echo ${e:=as2} $e; echo ${#s} ${#nope};

#### params error
(echo ${u?}); echo $?; (echo ${u:?msg here}); echo $?; e=; (echo ${e?x}y); (echo ${e:?}); echo ${e:?final}; echo no

#### params pattern
f=/a/b.c/d.tar.gz; echo ${f##*/} ${f#*/} ${f%.*} ${f%%.*} ${f#x} ${f%"gz"} ${f%'*'} ; p='*'; echo ${f#$p/} ${f#"$p"/} ; x=aaa; echo ${x#a} ${x##a} ${x##a*} ${x%%a*}; y='a*b'; echo "${y#a\*}" "${y%"*b"}"

#### params nested
a=1; echo ${b:-${c:-${a}}} ${b:-$((a+1))} ${b:-$(echo sub)} ${b:-`echo bq`} "${b:-"q q"}" "${b:-'sq'}" ${b:-'sq q'}

#### params in dquote brace
echo "${x:-a}b}" "${x:-a\}b}" ${x:-a\}b} "${x:-$(echo })}"

#### arith assign
x=5; echo $((x+=2)) $x $((x*=2)) $x $((x-=1)) $((x/=2)) $((x%=4)) $((x<<=3)) $((x>>=1)) $((x|=1)) $((x&=7)) $((x^=2)) $x; echo $((y=3)) $y; echo $((a=b=4)) $a $b

#### arith errors
(echo $((1/0))); echo $?; (echo $((1+))); echo $?; (echo $((2 3))); (echo $((x y)));  (echo $((08))); echo after

#### arith big
echo $((9223372036854775807)) $((9223372036854775807+1)) $((-9223372036854775807-1)) $((4611686018427387904*2)) $((123456789*987654321)) $((1<<62)) $((1<<63)) $((0x7fffffffffffffff)) $((9223372036854775807*3))

#### arith nested
x=2; echo $(( $(echo 3) * ${x} + `echo 1` )) $(( (x) )) $((x>1?x<3?10:20:30)) $(( $x$x )) $((
1 +
2))

#### arith inc
echo $((- 3)) $((+3)) $((--3)) $((- -3)) $((!!3))

#### command subst
x=$(echo a; echo b); echo "$x"; echo $x; echo "$(printf 'a\n\n\n')|"; echo "`echo \`echo nested\``"; echo $(echo $(echo deep)); echo "$(echo "a b")"; y=`echo "a\\b"`; echo "$y"; echo `echo '\$x'`

#### subst status
x=$(exit 3); echo $?; x=$(exit 4) y=$(true); echo $?; echo $(exit 5); echo $?; $(exit 6); echo $?; x=1; echo $?

#### heredoc
x=v; cat <<E
a $x $(echo c) `echo b` $((1+1)) \$x \\ \` "q" 'q' \a
E
cat <<'E'
a $x $(echo c) \$x
E
cat <<-E
	tab $x
		two
	E
cat <<"E E"
quoted $x
E E

#### heredoc multi
cat <<A; cat <<B
a
A
b
B
cat <<A - <<B
first
A
second
B

#### heredoc loop
while read a b; do echo "$b-$a"; done <<E
1 one
2 two
E

#### heredoc in subst
x=$(cat <<E
in $(echo x)
E
); echo "$x"

#### heredoc fd
cat <&3 3<<E
three
E

#### heredoc continuation
cat <<E
a\
b
E
cat <<'E'
a\
b
E

#### heredoc no end
cat <<E
no end

#### redirs
echo a > f; echo b >> f; cat < f; cat f 2>/dev/null nosuch; ls nosuch > g 2>&1; echo $?; wc -l < g; { echo x; echo y >&2; } > h 2>&1; cat h; (echo s) > i; cat i; cat <f >j; cat j

#### redir fd
exec 3> f; echo three >&3; exec 3>&-; cat f; exec 4<f; read x <&4; echo $x; exec 4<&-; echo z >&4

#### redir order
echo out 2>&1 >/dev/null; { echo err >&2; } 2>&1 >/dev/null | cat

#### redir rw
echo abc > f; exec 5<>f; read l <&5; echo "$l"; echo more >&5; cat f

#### redir errors
cat < nosuch; echo $?; echo a > nodir/f; echo $?; echo b; : > nodir/f; echo no

#### redir errors2
{ echo a; } < nosuch; echo $?; (echo b) > nodir/x; echo $?; while true; do break; done < nosuch; echo $?; f() { echo f; }; f < nosuch; echo $?

#### redir special exit
exec < nosuch; echo no

#### redir close
echo a >&-; echo $?; (cat <&-) 2>/dev/null; echo $?

#### redir loop output
for i in 1 2 3; do echo $i; done > f; wc -l < f; if true; then echo t; fi > g; cat g; case x in x) echo c;; esac > h; cat h

#### redir function def
f() { echo in f; } > out; f; cat out

#### amp redirect var
x=f; echo hi > $x; cat $x; echo a > "$x y"; ls

#### noclobber loop
set -o noclobber; : > f; { echo hi > f; } 2>/dev/null; echo $?

#### pipelines
echo a | cat | cat; false | true; echo $?; true | false; echo $?; ! false; echo $?; ! true; echo $?; echo x | while read l; do echo "got $l"; done; printf '1\n2\n3\n' | { read a; read b; echo $a $b; }; exit 3 | exit 4; echo $?

#### pipeline var scope
x=1; echo | x=2; echo $x; echo 5 | read y; echo "[$y]"

#### sigpipe
yes | head -1; echo $?

#### lists
true && echo a || echo b; false && echo a || echo b; true || echo no; false; echo $?; { echo g1; echo g2; }; (echo s1; exit 2); echo $?; echo a; echo b & wait

#### andor newline
true &&
echo a ||
echo b
echo x |
cat

#### if
if true; then echo 1; elif true; then echo 2; else echo 3; fi; if false; then echo 1; elif true; then echo 2; else echo 3; fi; if false; then echo 1; elif false; then echo 2; else echo 3; fi; if false; then echo x; fi; echo $?

#### while
i=0; while [ $i -lt 5 ]; do i=$((i+1)); [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done; echo end $?; until [ $i -eq 0 ]; do i=$((i-1)); done; echo $i

#### break n
for i in 1 2 3; do for j in a b c; do [ $j = b ] && continue 2; [ $i = 3 ] && break 2; echo $i$j; done; done; for i in 1; do for j in 1; do break 5; done; echo no; done; echo ok

#### break outside
break; echo a; continue; echo b

#### for
for i in a "b c" d; do echo "<$i>"; done; for i in; do echo no; done; echo $i; for i in $(echo 1 2); do echo $i; done; set p q; for i do echo $i; done; for x
do echo $x; done; for y in
 do :; done

#### case
for x in a abc 'a b' '*' '[x]' "" -; do case $x in a) echo A;; a*) echo A*;; '*') echo star;; "[x]") echo br;; "") echo empty;; [!a-z]) echo neg;; *) echo other;; esac; done; case x in (x) echo paren;; esac; case y in x|y|z) echo alt;; esac; case n in y) ;; esac; echo $?; case a in a) false;; esac; echo $?; p='a*'; case abc in $p) echo pat;; esac; case abc in "$p") echo no;; *) echo lit;; esac; case a in a) esac; case a in a) echo last; esac

#### functions
f() { echo "$# $1 $0" | sed 's/ sh$/ SH/'; return 5; }; f a b; echo $?; g() { x=$1; }; g set; echo $x; h() (y=sub); h; echo "[$y]"; k() { echo "$@"; shift; echo "$@"; }; set p1 p2; k 1 2 3; echo "$@"; f() { echo redefined; }; f; unset -f f; f; echo $?

#### recursion
fact() { if [ $1 -le 1 ]; then echo 1; else echo $(( $1 * $(fact $(($1-1))) )); fi; }; fact 6; count() { [ $1 -gt 0 ] && { echo $1; count $(($1-1)); }; }; count 3

#### local
x=g; f() { local x=l y; echo $x "[$y]"; y=2; x=l2; g; }; g() { echo "g:$x"; x=changed; }; f; echo $x "[$y]"; h() { local x; echo "[$x]"; }; h; k() { local a=1 b=$a; echo $b; }; k

#### return
f() { return; }; false; f; echo $?; g() { for i in 1 2; do return 7; done; }; g; echo $?; h() { while true; do return 2; done; echo no; }; h; echo $?; true && f; echo $?; k() { { return 4; }; echo no; }; k; echo $?; l() { if true; then return 9; fi; }; l; echo $?

#### return top
echo a; return 3; echo b

#### exit in function
f() { exit 4; }; (f); echo $?; f; echo no

#### assign prefix
X=1 sh -c 'echo $X'; echo "[$X]"; f() { echo $Y; }; Y=2 f; echo "[$Y]"; Z=3 :; echo "[$Z]"; W=4 true; echo "[$W]"; V=5 eval 'echo $V'; echo "[$V]"; A=1 B=$A sh -c 'echo [$B]'

#### assign special
x=a y=$x; echo $y; x="a   b"; y=$x; echo "$y"; y=*; echo "$y"; a=1 b=2 c=3; echo $a$b$c; readonly r=1; (r=2; echo no); echo $?; r=3; echo no

#### unset
x=1; unset x; echo "[${x-un}]"; unset nosuch; echo $?; f() { :; }; unset -f f; f; readonly q; unset q; echo no

#### eval
x='echo a; echo b'; eval "$x"; eval; echo $?; eval 'y=1'; echo $y; eval echo \$y '"q  q"'; eval 'exit 3'; echo no

#### alias
alias ll='echo list'
ll a; alias e='echo ' w=world
e w; alias; unalias ll; ll; alias nosuch; echo $?; unalias nosuch; echo $?
alias if2='if'
if2 true; then echo kw; fi

#### getopts
while getopts ab:c o -a -b val -c rest; do echo "$o [$OPTARG] $OPTIND"; done; echo $OPTIND; OPTIND=1; while getopts :ab: o -x -b; do echo "$o [$OPTARG]"; done; OPTIND=1; while getopts ab: o -x -b; do echo "$o [$OPTARG]"; done; OPTIND=1; set -- -abfoo -- x; while getopts ab: o; do echo "$o [$OPTARG]"; done; shift $((OPTIND-1)); echo $1

#### read
printf 'a b c\n' | { read x y; echo "$x|$y"; }; printf 'a\\b c\\\nd\n' | { read x y; echo "$x|$y"; }; printf 'a\\b\n' | { read -r x; echo "$x"; }; printf 'no newline' | { read x; echo "$? $x"; }; printf '  lead trail  \n' | { read x; echo "[$x]"; }; printf ' a:b : c:\n' | { IFS=: read x y z; echo "[$x][$y][$z]"; }; printf 'a\n' | { read x y z; echo "[$x][$y][$z]"; }; read x </dev/null; echo $?; printf 'a:b:c:\n' | { IFS=: read x y; echo "[$x][$y]"; }; printf 'a:b:\n' | { IFS=: read x y; echo "[$x][$y]"; }; printf '1\n2\n' | { read a; read b; echo $a$b; }; printf 'a  b   c  \n' | { read x y; echo "[$x][$y]"; }

#### echo
echo; echo -n a; echo b; echo 'a\tb\nc'; echo -e x; echo "a\\\\b"; echo 'x\cy' z; echo; echo '\0101\060'; echo -- -n; echo -n -n a; echo

#### printf
printf '%s %d %5s|%-5s|%05d|%x %X %o %c\n' str 42 ab cd 42 255 255 8 hello; printf '%s\n' a b c; printf '%s-%s\n' a b c; printf '%%\n'; printf '%b\n' 'a\tb\0101'; printf 'no newline'; printf '\n'; printf '%d\n' abc; echo $?; printf '%d %d\n' 0x10 010; printf '%.2f %e %g\n' 3.14159 12345.678 0.0001; printf '%*d|%-*d|\n' 5 42 5 42; printf '%.3s|\n' abcdef; printf '%s\n'; printf '%d\n'; printf "%d\n" "'a"; printf '%i %u\n' -5 5; printf '%+d % d\n' 5 5; printf '%#x %#o\n' 255 8; printf '\101\n'; printf; echo $?; printf '%d\n' 12x; echo $?; printf '%5b|\n' 'a\tb'; printf '%z\n'; echo $?

#### wait
sleep 0.1 & p=$!; wait $p; echo $?; (exit 7) & wait $!; echo $?; wait; echo $?; wait 99999; echo $?; (exit 1) & (exit 2) & wait; echo $?

#### trap exit
trap 'echo bye $?' EXIT; echo hi; exit 3

#### trap exit subshell
trap 'echo parent' EXIT; (echo sub); (trap 'echo subtrap' EXIT; exit 2); echo $?

#### trap exit last command
trap 'echo t' 0; sh -c 'exit 4'

#### trap print
trap 'echo "a b"' INT TERM; trap; trap - INT; trap; trap '' HUP; trap; trap -- - TERM; trap; trap 'x' NOSUCH; echo $?

#### times ulimit
times | wc -l; ulimit -n >/dev/null; echo $?; ulimit -f; ulimit -Z; echo $?

#### colon
: a b; echo $?; : ${x:=def}; echo $x

#### syntax errors
eval 'if'; echo no

#### syntax 2
sh -c 'for do done'; echo $?; sh -c 'echo a; )'; echo $?; sh -c 'if true; then echo x'; echo $?; sh -c 'echo "unterminated'; echo $?; sh -c 'case x in'; echo $?; sh -c 'a | | b'; echo $?; sh -c '&& a'; echo $?; sh -c 'echo a; fi'; echo $?; sh -c '{ echo a'; echo $?; sh -c '(echo a'; echo $?; sh -c 'echo $(echo a'; echo $?; sh -c 'echo ${x'; echo $?; sh -c 'f( { :; }'; echo $?; sh -c 'while true; done'; echo $?; sh -c 'echo `echo'; echo $?; sh -c ';'; echo $?; sh -c 'echo >'; echo $?; sh -c 'for 1a in x; do :; done'; echo $?; sh -c 'echo ${x!y}'; echo $?

#### exec
exec echo replaced; echo no

#### exec notfound
exec nosuchcmd; echo no

#### dot slash shebang
printf '#!/bin/sh\necho sheb $1\nexit 9\n' > s; chmod +x s; ./s z; echo $?

#### ppid
sh -c '[ $PPID -gt 0 ] && echo ok'

#### command p
command -p ls / >/dev/null && echo ok; command; echo $?; command nosuch; echo $?; command -v; echo $?; command exec 9<nosuch; echo alive

#### comments
echo a # comment
echo b#notcomment # c
# only
echo '#q' \# "#"

#### semis
echo a;echo b ;  echo c
{ echo d;}
( echo e )
if true
then echo f
fi;echo g

#### bang
! echo a; echo $?; ! false && echo b; if ! false; then echo c; fi; ! { false; }; echo $?

#### async status
false & echo $?; wait $!; echo $?

#### nested quotes
echo "$(echo "$(echo "a  b")")" "${x:-"$(echo 'c  d')"}"; echo "a'b\"c"; echo 'a"b'; echo "`echo "x  y"`"

#### line continuation
echo a \
 b; if true; \
then echo c; fi; ec\
ho d; x=1\
2; echo $x; echo "$\
x" ${\
x}

#### IFS read loop
printf 'a:1\nb:2\n' | while IFS=: read -r k v; do echo "$v=$k"; done

#### while read var
n=0; while read l; do n=$((n+1)); done < /etc/passwd; [ $n -gt 3 ] && echo ok

#### dollar at end
echo $ a$ "$" $% "a$"; echo $: ; echo ${}

#### trap signals
trap 'echo got' USR1; kill -USR1 $$; echo after; trap 'echo int' INT; kill -INT $$; echo x; trap - INT; trap '' TERM; kill -TERM $$; echo alive; (kill -TERM $$; echo sub); sh -c 'kill -TERM $$; echo ignored too'

#### trap during fg
trap 'echo T' USR1; (sleep 0.1; kill -USR1 $$) & sleep 0.3; echo done; wait

#### killed child messages
sh -c 'kill -9 $$'; echo $?; sh -c 'kill -TERM $$'; echo $?; sh -c 'kill -INT $$'; echo $?; sh -c 'kill -SEGV $$' 2>/dev/null; echo $?; sleep 5 & kill $!; wait $!; echo $?; sh -c 'kill -PIPE $$'; echo $?

#### exit trap with handler
trap 'echo exit $?' EXIT; trap 'exit 7' TERM; kill -TERM $$; echo no

#### background stdin
echo data | { cat & wait; }; echo end

#### pipeline signals
yes | head -2; yes | sed 2q; seq 100000 | head -1

#### subst big
x=$(seq 20000); echo ${#x}; set -- $x; echo $#

#### heredoc big
x=$(seq 30000); cat <<E | tail -1
$x
E

#### wait all then status
(exit 3) & p=$!; sleep 0.1; wait; wait $p; echo $?

#### read timeout
sleep 1 | { read x; echo $?; }

#### nested subshells
( ( ( echo deep ) ) ); echo $( (echo a; (echo b)) ); ((echo x); (echo y))

#### function in pipeline
f() { while read l; do echo "f:$l"; done; }; printf 'a\nb\n' | f | cat; f <<E
x
E

#### exec in subshell
(exec echo a; echo no); exec 3>&1; echo b >&3; exec 3>&-; x=$(exec echo c); echo $x

#### command subst fds
exec 5>f; x=$(echo a; echo b >&5); cat f; echo $x

#### umask sub
(umask 077; umask); umask

#### sh script args
cat > s <<'E'
echo $0 $# "$@"
nosuchcmd
echo ${y?oops}
E
sh s a 'b c'; echo $?; sh ./s; sh nofile; echo $?; sh -c 'echo $0 $1' n a; echo 'echo from stdin $1' | sh -s arg; sh -e -c 'false; echo no'; echo $?; sh +e -c 'echo $-'; sh -ec 'echo $-'; sh -o errexit -c 'echo $-'; sh -z; echo $?; sh -c; echo $?

#### stdin multi line
printf 'for i in 1 2\ndo\necho $i\ndone\ncat <<E\nhere\nE\nf() {\necho f\n}\nf\nif true; then' | sh; echo $?

#### env import
X=1 sh -c 'X=2; sh -c "echo \$X"'; env -i sh -c 'echo [$PATH]' >/dev/null; sh -c 'IFS=x; sh -c "echo a b"'

#### lineno in errors
cat > s <<'E'
echo one

nosuch
f() {
  nosuch2
}
f
if true; then
  nosuch3
fi
echo "a
b"; nosuch4
E
sh s

#### eval lineno
eval 'nosuch
nosuch2'
nosuch3

#### syntax error in script
printf 'echo a\nif true\necho b\n' > s; sh s; echo $?; printf 'echo a\nfi\n' > s; sh s; echo $?; printf 'echo a\n(\necho "x\n' > s; sh s; echo $?

#### time of vars
a=1; a=2 b=$a; echo $a $b; f() { echo $a; }; a=9 f; echo $a; a=5 echo $a; x=1 y=$(echo $x) ; echo $y

#### assignment failing in special
readonly a=1; a=2 :; echo no

#### assignment failing in regular
readonly a=1; a=2 true; echo no

#### assignment failing in external
readonly a=1; a=2 ls; echo no

#### for readonly
readonly i; for i in 1 2; do echo $i; done; echo no

#### subst in case and for
for i in $(echo a; exit 3); do echo $i $?; done; case $(echo x; exit 2) in x) echo $?;; esac

#### bang history none
echo "!x" !y

#### status after case if
false; case x in y) ;; esac; echo $?; false; if false; then :; fi; echo $?; false; while false; do :; done; echo $?; false; for i in; do :; done; echo $?; false; f() { :; }; echo $?

#### return in dot and trap
echo 'return 3' > s; . ./s; echo $?; f() { . ./s; echo "in f $?"; }; f

#### set in function
f() { set -- x y; echo $#; }; set a b c; f; echo $#

#### getopts in function
f() { OPTIND=1; while getopts x o "$@"; do echo $o; done; }; f -x; f -x -x

#### unset special
unset IFS; x='a b	c'; echo $x; unset PATH; ls 2>/dev/null; echo $?

#### path change
mkdir d1 d2; printf 'echo one\n' > d1/cmdx; printf 'echo two\n' > d2/cmdx; chmod +x d1/cmdx d2/cmdx; PATH=$PWD/d1:$PATH; cmdx; PATH=$PWD/d2:$PATH; cmdx; rm d2/cmdx; cmdx

#### many args
echo $(seq 5000) | wc -w; set -- $(seq 5000); shift 4990; echo $*

#### umask create
umask 077; > f; ls -l f | cut -c1-10

#### here in function
f() { cat <<E
$1
E
}; f one; f two

#### nested here
cat <<A
$(cat <<B
inner
B
)
A

#### alias in function
alias x='echo A'; f() { x; }; f; unalias x; f

