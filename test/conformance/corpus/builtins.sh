#### test files
touch f; mkdir d; ln -s f l; for o in e f d h L s r w x; do for n in f d l nosuch; do test -$o $n && printf "$o:$n "; done; done; echo
#### test strings
[ a = a ] && echo 1; [ a != b ] && echo 2; [ -z '' ] && echo 3; [ -n x ] && echo 4; [ '' ] || echo 5; [ x ] && echo 6
#### test numbers
[ 1 -eq 1 ] && [ 1 -ne 2 ] && [ 1 -lt 2 ] && [ 2 -le 2 ] && [ 3 -gt 2 ] && [ 3 -ge 3 ] && echo ok
#### test logic
[ a = a -a b = b ] && echo and; [ a = b -o b = b ] && echo or; [ ! a = b ] && echo not; [ \( a = a \) ] && echo paren
#### test argument counts
test; echo $?; test x; echo $?; test ! x; echo $?; test ! ''; echo $?; test -n; echo $?; [ = ]; echo $?
#### test errors
[ 1 -eq x ] 2>/dev/null; echo $?; [ a = ] 2>/dev/null; echo $?; test a b c 2>/dev/null; echo $?
#### test newer
touch -d @1000 a; touch -d @2000 b; [ b -nt a ] && echo newer; [ a -ot b ] && echo older; ln a c; [ a -ef c ] && echo same
#### test missing bracket
[ a = a; echo $?
#### test operators as operands
[ -f = -f ] && echo eq; [ "(" = "(" ] && echo paren; [ ! = ! ] && echo bang; [ -n = -n ] && echo n
#### echo escapes
echo 'a\tb\nc'; echo 'x\0101'; echo 'stop\chere'; echo ' tail'
#### echo n
echo -n a; echo b; echo -e x; echo --; echo -
#### printf basics
printf '%d %i %o %x %X %u %c %s %%\n' 10 -5 8 255 255 7 xyz str
#### printf widths
printf '[%5d][%-5d][%05d][%+d][% d]\n' 42 42 42 42 42; printf '[%8.3s][%-8s]\n' abcdef ab
#### printf floats
printf '%f %.2f %e %g %G\n' 1.5 2.345 12345.678 0.0001 1e10
#### printf star
printf '[%*d][%.*s]\n' 6 42 2 abcdef
#### printf b
printf '%b' 'a\tb\n' 'c\n'; printf '%b\n' 'x\c' 'y'
#### printf escapes
printf 'a\tb\\n\101\n'; printf '\x41\n'
#### printf missing arguments
printf '%s|%d|\n'; printf 'no args\n'
#### printf quotes char value
printf '%d %d\n' "'A" '"B'
#### printf octal hex input
printf '%d %d %d\n' 010 0x1f -0x10
#### printf bad number
printf '%d\n' abc; echo $?; printf '%d\n' 12abc; echo $?
#### printf bad format
printf '%z\n' a; echo $?
#### printf reuse format
printf '%s %d\n' a 1 b 2 c; printf '%s\n' x y z
#### printf unicode
printf '%s\n' héllo; printf '%5s|\n' é
#### true false
true; echo $?; false; echo $?
#### export p
A_TEST='a b'; export A_TEST; export -p | grep A_TEST
#### readonly p
readonly RO_TEST=1; readonly -p | grep RO_TEST
#### set output
X_TEST="it's"; set | grep '^X_TEST'
#### unset function
f() { echo f; }; unset -f f; f 2>/dev/null; echo $?
#### unset readonly
readonly x=1; (unset x) 2>/dev/null; echo $? $x
#### command builtin
command echo hi; command -v if; command -V echo >/dev/null; echo $?
#### hash
hash ls; echo $?; hash nosuch 2>/dev/null; echo $?
#### wait no children
wait; echo $?
#### pwd
cd /tmp && pwd; cd /usr/.. && pwd
#### cd dash
cd /; cd /tmp; cd -; pwd
#### cdpath
mkdir -p x/sub; CDPATH=$PWD/x; cd sub > /dev/null && basename $PWD
#### read multiple lines
printf '1\n2\n3\n' | { read a; read b; echo $a $b; cat; }
#### read does not overread
printf 'one\ntwo\nthree\n' | { read a; echo "first $a"; head -1; }
#### read invalid
echo x | { read 1bad; } 2>/dev/null; echo $?
#### return outside
return 5 2>/dev/null; echo $?
#### umask bad
(umask 999) 2>/dev/null; echo $?
#### kill bad
kill -0 99999999 2>/dev/null; echo $?; (kill) 2>/dev/null; echo $?
#### shift zero
set -- a b; shift 0; echo $#
#### trap numbers
trap 'echo five' 0; trap | grep -c EXIT
#### trap bad signal
(trap 'x' NOSUCH) 2>/dev/null; echo $?
#### getopts combined
set -- -abc -d x; while getopts abcd: o; do printf '%s[%s] ' $o "$OPTARG"; done; echo $OPTIND
#### getopts double dash
set -- -a -- -b; while getopts ab o; do echo $o; done; echo $OPTIND
#### ulimit all
ulimit -a > /dev/null; echo $?
#### alias listing
alias zz='echo 1'; alias zz; unalias zz; alias zz 2>/dev/null; echo $?
#### eval status
eval false; echo $?; eval 'exit 3'
#### dot path search
mkdir p; echo 'echo sourced' > p/lib.sh; PATH=$PWD/p:$PATH; . lib.sh
#### exec fd persist
exec 5>out; echo a >&5; f() { echo b >&5; }; f; exec 5>&-; cat out
#### local with value
f() { local a=1 b; b=2; echo $a $b; }; a=x; f; echo $a ${b-unset}
#### times format
times | wc -l
#### set o
set -o | grep -c '^errexit'; set -o errexit; case $- in *e*) echo on;; esac
#### unalias all
alias a1=x a2=y; unalias -a; alias | wc -l
#### command not found in pipeline
nosuch | cat; echo $?
#### fg without job control
fg; echo $?
