#### script on stdin with continued lines
printf '%s\n' 'echo on\' 'e \' 'two; i\' 'f true; th\' 'en echo ye\' 's; f\' 'i' '# a comment \' 'echo after' | sh

#### continued operators
true &\
& echo and; false |\
| echo or; echo redirected 2\
>\
& 1; cat <\
< E
here
E
case x in x) echo item ;\
; esac; echo a >\
> f; cat f

#### continued here-document operator with tabs
cat <\
<\
- E
	tabs gone
	E
echo done

#### continued parameter expansions
long=value; set -- one two
echo ${lo\
ng} $\
{#\
long} ${lo\
ng\
%\
ue} "${\
2}" $lo\
ng

#### continued arithmetic
echo $(\
(1+\
2)\
) "$(\
(2*3\
)\
)"

#### here-document delimiter with an expansion sign
cat <<$x
in $((1+1)) it
$x
cat <<"q$y"
raw $x
q$y
cat <<`a`b
back
`a`b
echo end

#### here-document delimiter in pieces
cat <<E'O'"F"
not $expanded
EOF
cat <<\E
$raw
E
cat <<'two words'
body
two words
echo end

#### here-document line joined to its delimiter
cat <<E
first\
E
E
echo end

#### here-documents of two levels on one line
cat <<OUT; echo "$(cat <<IN
inner
IN
)"
outer
OUT

#### alias for nothing before a newline
alias none= blank=' '
none
none; blank
echo status $?
none echo shown

#### alias for keywords
alias wenn=if dann='then ' ende=fi solange=while tu=do fertig=done
wenn true
dann echo yes
ende
i=0
solange [ $i -lt 2 ]
tu i=$((i+1)); echo $i
fertig

#### alias for braces and parentheses
alias auf='{ ' zu='}' rund='( ' eckig=')'
auf
echo group; zu
rund
echo sub; eckig

#### alias chain through blanks
alias say='echo ' loud='LOUD ' one=ONE
say loud one one
alias twice='say say '
twice one
say \one one

#### alias in case
alias fall='case ' wort='x ' was='in '
fall wort was
x) echo found;;
esac

#### alias of a function body
alias body='{ echo body; }'
f()
body
f

#### exit in an exit trap
(trap 'echo trap; exit' EXIT; exit 7); echo $?
(trap 'false; exit' EXIT; exit 7); echo $?
(trap 'exit 3' EXIT; exit 7); echo $?

#### return in a trap
f() { kill -s USR1 $$; echo not here; }
trap 'echo trap; (exit 9); return' USR1
f
echo $?
trap '(exit 9); return 4' USR1
f
echo $?

#### built-ins on a full device
type echo >/dev/full; echo $?
pwd >/dev/full; echo $?
alias a=b; alias >/dev/full; echo $?
echo x >/dev/full; echo $?
echo still here

#### error told through the redirection in force
(eval 'echo ${unset?gone}' 2>/dev/null; echo no) 2>&1; echo $?
({ exec <&9; } 2>/dev/null; echo no) 2>&1; echo $?

#### duplicate of a closed descriptor onto itself
: 9>&9; echo $?

#### closed standard output around substitutions
{ y=$(echo in); } >&-; echo "$y"
{ y=$(echo in | cat); } >&- <&-; echo "$y"

#### slash and quoted characters in brackets
case / in [\/]) echo yes;; *) echo no;; esac
case / in [./]) echo yes;; *) echo no;; esac
case a/b in a[!x]b) echo yes;; *) echo no;; esac

#### tilde in a removed pattern
HOME=/home/u; a=/home/u/f
echo ${a#~/} ${a#~} "${a##~}" ${a#"~"}

#### quoted default that is an empty list
set --; n() { echo $#; }
n "${x-$@}"; n ${x-"$@"}; n "${x-}"; n ${x+"$@"}
set -- '' ''; IFS=; echo "${*:-none}" "${*+some}"

#### exec passes its assignments
(one=1 exec sh -c 'echo "$one"'); one=2 exec 1>&1; echo "[$one]"; env | grep -c '^one='

#### directories in the environment
cd /tmp; cd /; env | grep '^OLDPWD='; env | grep '^PWD='

#### pwd does not believe PWD
cd /tmp; PWD=elsewhere; pwd; cd /; pwd

#### CDPATH with a dot
mkdir -p a/b; CDPATH=.:a; cd b >out; echo ${PWD##*/}; cd ../..; CDPATH=.; cd a | sed 's,.*/,,'

#### function called command
command() { echo mine "$@"; }; command ls; unset -f command; command echo real

#### readonly in front of a pipeline
readonly r=1; r=2 cat /dev/null | echo out; echo $?

#### set with signs alone
set -- keep; set +; echo "$@"; set - new; echo "$@"; set -f + -u a b; echo "$@ $-"

#### getopts over fewer arguments
set -- -a -b x; while getopts ab o; do :; done; echo $OPTIND; set --; getopts ab o; echo $? $OPTIND

#### umask that is an option
umask 022; umask -rwx; echo $?; umask

#### kill of a child that has ended
sleep 0.05 & p=$!; n=0
while kill -0 $p 2>/dev/null; do n=1; sleep 0.02; done
echo over; wait $p; echo $?

#### dot script under -v
echo 'echo in' >s; sh -vc '. ./s' 2>&1

#### operands of sh that look like options
echo 'echo "$#:$*"' | sh -s -- - x; echo 'echo "$#:$*"' | sh -s - -- y; sh +c 'echo plus'; sh -c -- 'echo $0' -
