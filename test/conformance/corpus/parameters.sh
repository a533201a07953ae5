#### default and assign
unset a; echo ${a-x} ${a:-y} ${a=z} $a ${a:=w}
#### null versus unset
a=; echo "[${a-x}]" "[${a:-y}]" "[${a=z}]" "[${a:+s}]" "[${a+t}]"
#### alternative
a=1; echo ${a:+yes} ${a+yes} ${b:+no}end
#### error if unset
unset a; echo ${a?gone}; echo not reached
#### error with default text
(: ${a:?}) 2>/dev/null; echo $?
#### length
a=hello; echo ${#a} ${#}; set -- x y; echo $# ${##}
#### suffix removal
p=/usr/lib/libc.so.6; echo ${p%.*} ${p%%.*} ${p##*/} ${p#*/} ${p%/*}
#### pattern quoting in removal
a='x*y*z'; echo ${a%'*'*} ${a#*'*'} "${a%%\**}"
#### removal with variable pattern
a=abcabc; b='b*'; echo ${a%$b} ${a%"$b"} ${a%%$b}
#### positional
set -- a b c; echo $1 $2 $3 $# "$*" "$@"; shift; echo $1 $#
#### more than nine
set -- 1 2 3 4 5 6 7 8 9 ten eleven; echo $10 ${10} ${11}
#### at versus star
set -- 'a b' c; for i in "$@"; do echo "<$i>"; done; for i in "$*"; do echo "<$i>"; done; for i in $@; do echo "<$i>"; done
#### star with IFS
set -- a b c; IFS=:; echo "$*"; IFS=; echo "$*"; unset IFS; echo "$*"
#### at with prefix and suffix
set -- 1 2 3; printf '<%s>' "a$@b"; echo
#### empty at
set --; printf '<%s>' "$@"; printf '<%s>' "a$@"; echo
#### at in default
set -- a 'b c'; printf '<%s>' "${x-$@}"; echo; printf '<%s>' ${x-"$@"}; echo
#### special parameters
true; echo $?; false; echo $?; echo $#; set -u; echo ${x-unset}
#### pid numbers
test $$ -gt 0 && echo ok; (test $$ -gt 0) && echo ok; [ "$$" = "$(echo $$)" ] && echo same
#### last background
sleep 0 & p=$!; wait $p; echo $?
#### option flags
set -f; case $- in *f*) echo f on;; esac; set +f; case $- in *f*) ;; *) echo f off;; esac
#### nested expansion
a=1; unset b c; echo ${b:-${c:-$a}}
#### assign in arithmetic
x=5; echo $((x+=2)) $x
#### unset variable
a=1; unset a; echo ${a-gone}
#### readonly
readonly r=1; (r=2) 2>/dev/null; echo $? $r
#### export to child
a=1; export a; sh -c 'echo $a'; b=2 sh -c 'echo $b'; echo ${b-none}
#### assignment only command
a=$(false); echo $?; a=1 b=2; echo $a$b
#### assignment order
a=1; a=2 b=$a; echo $a $b
#### set u error
set -u; echo $nosuch; echo no
#### braces needed
a=x; echo ${a}b $a-b $ab.
#### nested quotes in braces
a='x y'; printf '<%s>' ${a:+"$a" z}; echo
#### colon minus with spaces
printf '<%s>' ${zz:-a b  c}; echo; printf '<%s>' "${zz:-a b  c}"; echo
#### percent with slash class
f=a.tar.gz; echo ${f%.[a-z]*} ${f%%.[a-z]*} ${f#?} ${f%?}
#### numeric parameter default
echo ${1:-none} ${2-none2}
#### parameter in case
x=abc; case $x in a*) echo yes;; esac
#### IFS split of default
IFS=,; unset q; printf '<%s>' ${q:-a,b}; echo
