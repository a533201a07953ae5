#### a range whose first line was passed
seq 6 | sed -n '1d;1,3p'; echo --; seq 6 | sed -n '2,3d;2,5p'; echo --; seq 6 | sed -n '1,4d;1,/6/p'; echo --; seq 6 | sed -n '3d;2,1p'
#### escapes in the text of a i c
printf 'x\n' | sed 'a one\ttwo'; printf 'x\n' | sed 'i\
  lead\ting'; printf 'x\n' | sed 'c\a\tb'
#### text over several lines
printf 'x\n' | sed 'a\
first\
second'
#### nothing behind a
printf 'x\n' | sed '$a\'
#### l with NUL lines
printf 'a\nb\0c' | sed -zn l | od -An -c
#### in place without files
sed -i p 2>/dev/null </dev/null; echo $?
#### in place with several files
seq 2 > a; seq 3 4 > b; sed -i '1s/^/>/' a b; cat a b; sed -i.bak 'd' a; cat a.bak; wc -c < a
#### labels and loops
echo aaa | sed ':x;s/a/b/;tx'; seq 5 | sed -n ':a;$!{N;ba};s/\n/+/gp'
#### special replacements
echo 'john smith' | sed -E 's/(\w+) (\w+)/\u\1 \U\2\E!/'; echo abc | sed 's/b/\n/' ; echo abab | sed 's/b/X/2'
#### y with escapes
printf 'a/b\n' | sed 'y/\/a/|A/'
#### multiline flag
printf 'a\nb\n' | sed 'N;s/^b$/B/M;s/^a/A/'
#### quitting
seq 5 | sed 3q; seq 5 | sed '2Q7'; echo $?
#### reading and writing files
printf 'in\n' > r; seq 2 | sed -e '1r r' -e '2w w'; cat w
#### addresses
seq 10 | sed -n '2~4p'; seq 10 | sed -n '4,+2p'; seq 10 | sed -n '5,~4p'; seq 3 | sed '0,/1/d'; seq 3 | sed '$!d'
#### case-insensitive
printf 'FOO\nbar\n' | sed '/foo/Id'; echo AbA | sed 's/a/x/gI'
#### hold space
seq 4 | sed -n 'H;${x;s/\n/,/g;s/^,//;p}'; seq 3 | sed '1!G;h;$!d'
#### D restarts
printf 'a\n\n\n\nb\n' | sed '/^$/{N;/^\n$/D}'
