#### single quotes keep everything
echo 'a $b `c` \d "e"'
#### double quotes expand
x=1; echo "a $x ${x}y $(echo z) `echo w` \$x \"q\" \\ \n"
#### backslash outside quotes
echo a\ b\$c\'d\"e
#### backslash newline joins
echo a\
b
#### empty words
printf '<%s>' '' "" a"" ''b; echo
#### adjacent quotes
echo 'a'"b"c\d
#### dollar at end
echo a$ "b$" '$'
#### nested quotes in substitution
x="a b"; echo "$(echo "$x" "$(echo "c  d")")"
#### backquote nesting
echo `echo \`echo inner\``
#### quote in parameter word
unset x; echo "${x:-"a  b"}" ${x:-'c  d'}
#### newline in quotes
printf '%s\n' "a
b"
#### comment rules
echo a#b #c
echo '#d' # e
#### unterminated single quote
echo 'abc
#### unterminated double quote
echo "abc
#### dollar quote is literal without extension
printf '%s\n' a"$"b
#### hash in middle of parameter
x='a#b'; echo ${x#a} ${x%b} ${#x}
#### tilde quoted
HOME=/h; echo ~ '~' "~" \~ ~/x a~
#### tilde in assignment
HOME=/h; x=~:~/a:b~; echo "$x"
#### escaped glob
touch 'a*b' axb; echo a\*b "a*b" a*b
#### quoted glob from variable
touch f1 f2; x='f*'; echo $x "$x"
#### backslash in double quotes
printf '%s\n' "\a\\b\"c\$d\`e"
#### single quote inside double
echo "it's" 'say "hi"'
#### mixed length
x=''; printf '[%s]' $x "$x" ''$x''; echo
