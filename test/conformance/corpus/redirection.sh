#### out and append
echo a > f; echo b >> f; cat f
#### in
echo data > f; cat < f; wc -c < f
#### stderr
ls /nosuch 2> e; test -s e && echo has error
#### both
{ echo o; echo e >&2; } > f 2>&1; cat f
#### order matters
{ echo o; echo e >&2; } 2>&1 > f; cat f
#### close
(echo x >&-) 2>/dev/null; echo $?
#### dup in
echo hi > f; exec 3< f; cat <&3; exec 3<&-
#### read write
echo abc > f; exec 3<> f; printf X >&3; exec 3>&-; cat f
#### exec out
exec 3> f; echo 1 >&3; echo 2 >&3; exec 3>&-; cat f
#### high descriptors
exec 9> f; echo nine >&9; exec 9>&-; cat f
#### noclobber
set -C; echo a > f; (echo b > f) 2>/dev/null; echo $?; echo c >| f; cat f
#### missing file
cat < nosuch; echo $?
#### missing directory
echo x > no/such/file; echo $?
#### special builtin redirection error exits
: < nosuch; echo not reached
#### regular builtin redirection error goes on
echo x < nosuch; echo $?
#### here document
cat <<EOF
a $((1+1)) $HOME_UNSET `echo b` \$x
EOF
#### here document quoted
x=1; cat <<'EOF'
$x `echo` \
EOF
#### here document tabs
cat <<-EOF
	a
		b
	EOF
#### two here documents
cat <<A; cat <<B
1
A
2
B
#### here document in pipeline
cat <<E | tr a-z A-Z
shout
E
#### here document in loop
for i in 1 2; do cat <<E
n $i
E
done
#### here document partly quoted
x=1; cat <<E"O"F
$x
EOF
#### here document backslash newline
cat <<E
a\
b
E
#### here document big
i=0; { while [ $i -lt 3000 ]; do echo "line number $i of a long document"; i=$((i+1)); done; } > big; x=$(cat big); cat <<E | wc
$x
E
#### compound redirect
for i in 1 2 3; do echo $i; done > f; cat f; while read x; do echo "<$x>"; done < f
#### if redirect
if true; then echo t; fi > f; cat f
#### function redirect
f() { echo in; echo err >&2; } > o 2> e; f; cat o e
#### brace group
{ echo a; echo b; } > f; wc -l < f
#### subshell redirect
(echo a; echo b) > f; wc -l < f
#### pipe stderr
{ echo e >&2; } 2>&1 | sed 's/e/E/'
#### redirect before command
> f echo hi; cat f; < f cat
#### only redirect
> empty; test -e empty && test ! -s empty && echo ok
#### number needs adjacency
echo 2 > f; cat f; echo 2> f; cat f
#### swap
{ echo o; echo e >&2; } 3>&1 1>&2 2>&3 3>&- 2>/dev/null | cat
#### dev null
echo gone > /dev/null; cat /dev/null; echo $?
#### append creates
echo a >> new; cat new
#### target expansion
n=f; echo x > "$n.txt"; cat f.txt
#### input from variable name
echo q > 'a b'; n='a b'; cat < "$n"
#### dup closed
(echo x >&7) 2>/dev/null; echo $?
#### pipeline and file
echo a | tee f | tr a b; cat f
#### dev stdin
echo z | cat /dev/stdin

#### a here-document and an unlinked file through /dev/stdin and /proc
cat /dev/stdin <<X
from a here-document
X
seq 3 > f; exec 3< f; rm f; cat /proc/self/fd/3; cat /dev/fd/3 | tail -1; cmp /dev/stdin /dev/fd/3 < /dev/fd/3 && echo same

#### devices give and take whole blocks
dd if=/dev/zero bs=300000 count=3 2> /dev/null | wc -c
dd if=/dev/zero bs=1M count=2 2>&1 > /dev/null | head -2
