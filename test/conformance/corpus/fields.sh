#### default IFS
x='  a   b	c
d  '; printf '<%s>' $x; echo
#### colon IFS keeps empty fields
IFS=:; x='a::b:'; printf '<%s>' $x; echo
#### leading colon
IFS=:; x=':a'; printf '<%s>' $x; echo
#### mixed IFS
IFS=' :'; x='a : b:c  d'; printf '<%s>' $x; echo
#### empty IFS
IFS=; x='a b c'; printf '<%s>' $x; echo
#### no splitting in assignment
x='a   b'; y=$x; echo "$y"
#### no splitting in case
x='a b'; case $x in 'a b') echo ok;; esac
#### command substitution strips newlines
x=$(printf 'a\n\n\n'); printf '<%s>' "$x"; echo
#### command substitution splits
printf '<%s>' $(echo 'a  b'; echo c); echo
#### glob after split
touch a1 a2; x='a* b'; echo $x
#### set f stops glob
touch a1; set -f; echo a*
#### glob no match
echo nomatch*
#### glob hidden
touch .h v; echo *; echo .h*
#### glob brackets
touch a b c d; echo [a-c] [!a-c] [abd]
#### glob class
touch 1 a A; echo [[:digit:]] [[:upper:]] [[:alpha:]]
#### glob directory
mkdir -p d/e d/f; touch d/e/x d/f/x; echo d/*/x */*
#### glob question
touch ab abc; echo a? a??
#### glob sorted
touch c a b B; echo *
#### trailing slash glob
mkdir d1 d2; touch f; echo */
#### quoted part of glob
touch 'a b' 'a c'; echo a\ *; echo "a "*
#### bracket literal
touch ']' x; echo []]*
#### slash not matched
mkdir d; touch d/x; echo *x
#### read splitting
echo 'a b  c d' | { read x y; echo "<$x><$y>"; }
#### read with IFS
echo 'a:b:c' | { IFS=: read x y; echo "<$x><$y>"; }
#### read trailing whitespace
echo '  a b  ' | { read x; echo "<$x>"; }
#### read backslash
printf 'a\\\nb\n' | { read x; echo "<$x>"; }
#### read raw
printf 'a\\tb\n' | { read -r x; echo "<$x>"; }
#### read eof status
printf 'last' | { read x; echo $? "<$x>"; }
#### read fewer fields
echo a | { read x y z; echo "<$x><$y><$z>"; }
#### dollar star unquoted
set -- 'a b' '' c; printf '<%s>' $*; echo
#### quoted empty preserved
x=; printf '<%s>' "$x" $x; echo
#### adjacent expansions
a='1 2'; b='3 4'; printf '<%s>' $a$b; echo
#### IFS from substitution
IFS=$(printf ',x'); v=a,bxc; printf '<%s>' $v; echo
