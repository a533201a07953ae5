#### head tail
seq 20 | head -3; seq 20 | tail -3; seq 20 | head -n -17; seq 20 | tail -n +18; printf abcdef | head -c 3; printf abcdef | tail -c 2; echo
#### head several
seq 3 > a; seq 4 6 > b; head -n 1 a b; tail -n 1 -q a b; head -n1 -v a
#### wc
printf 'a b\nc\n' > f; wc f; wc -l f; wc -w < f; wc -c f f; printf 'héé\n' | wc -m; wc nosuch; echo $?
#### wc max line
printf 'abc\nabcdef\n' | wc -L
#### sort basics
printf '10\n9\n2\n1\n' > f; sort f; sort -n f; sort -r f; sort -rn f; printf 'b\na\nb\n' | sort -u
#### sort keys
printf 'b 2\na 10\nc 1\n' > f; sort -k2n f; sort -k2 f; sort -t: -k2 <<'Q'
x:b
y:a
Q
#### sort human month version
printf '2K\n1M\n100\n' | sort -h; printf 'Mar\nJan\nFeb\n' | sort -M; printf 'v1.10\nv1.9\nv1.2\n' | sort -V
#### sort check
printf '1\n2\n' | sort -c; echo $?; printf '2\n1\n' | sort -c 2>/dev/null; echo $?
#### sort stable
printf 'b 1\na 1\nc 0\n' | sort -s -k2,2n; printf 'B\na\nC\n' | sort -f
#### sort merge and output
printf '1\n3\n' > a; printf '2\n4\n' > b; sort -m a b; sort -o a b; cat a
#### uniq
printf 'a\na\nb\na\n' | uniq; printf 'a\na\nb\n' | uniq -c; printf 'a\na\nb\n' | uniq -d; printf 'a\na\nb\n' | uniq -u; printf 'x 1\ny 1\n' | uniq -f1
#### cut
printf 'a:b:c\nd:e:f\n' > f; cut -d: -f2 f; cut -d: -f1,3 f; cut -d: -f2- f; cut -c1-3 f; cut -c2 f; echo nodelim | cut -d: -f2; echo nodelim | cut -s -d: -f2
#### cut output delimiter
echo a,b,c | cut -d, -f1,3 --output-delimiter=-; echo abcdef | cut -b 2-4
#### paste
printf '1\n2\n' > a; printf 'x\ny\nz\n' > b; paste a b; paste -d, a b; paste -s a; paste - - < b
#### tr
echo hello | tr a-y b-z; echo hello | tr -d l; echo aabbcc | tr -s a-z; echo 'a1b2' | tr -cd 0-9; echo; echo abc | tr '[:lower:]' '[:upper:]'; echo a.b | tr . '\n'
#### tr complement and ranges
echo 'hello world' | tr -cs a-z '\n'; echo abc | tr abc x; echo 'tab	x' | tr '\t' ' '
#### grep basics
printf 'apple\nbanana\ncherry\n' > f; grep an f; grep -v an f; grep -c a f; grep -n cherry f; grep -i APPLE f; grep zzz f; echo $?
#### grep files
echo x > a; echo y > b; grep x a b; grep -l x a b; grep -L x a b; grep -h x a b; grep x nosuch; echo $?
#### grep regex
printf 'abc\na.c\nabbbc\nac\n' > f; grep 'a.c' f; grep 'a\.c' f; grep 'ab*c' f; grep -E 'ab+c' f; grep -E 'a(b|\.)c' f; grep 'ab\{3\}c' f; grep -E '^a.?c$' f
#### grep fixed word line
printf 'foo bar\nfoobar\nfoo\n' > f; grep -w foo f; grep -x foo f; grep -F 'o b' f
#### grep only matching
echo 'a1b22c333' | grep -o '[0-9]*'; echo 'key=val' | grep -oE '[a-z]+$'
#### grep context
seq 10 | grep -A1 -B1 5; seq 10 | grep -C1 -E '^(3|8)$'
#### grep multiple patterns
printf 'a\nb\nc\n' | grep -e a -e c; printf 'b\n' > p; printf 'a\nb\n' | grep -f p
#### grep recursive
mkdir -p d/e; echo hit > d/a; echo hit > d/e/b; grep -r hit d | sort; grep -rl hit d --include=b
#### grep quiet and max
seq 10 | grep -q 5; echo $?; seq 10 | grep -m2 .; seq 3 | grep -s x nosuch; echo $?
#### grep back reference
printf 'abab\nabba\n' | grep '\(ab\)\1'; printf 'xx\nxy\n' | grep -E '(.)\1'
#### grep bad regex
echo a | grep '\(' 2>/dev/null; echo $?; echo a | grep -E '(' 2>/dev/null; echo $?
#### grep binary and empty
printf '' | grep ''; echo $?; printf '\n' | grep -c ''
#### grep classes
printf 'a1\nB_\n \n' | grep '[[:upper:]]'; printf 'a1\n--\n' | grep '^[^[:alnum:]]*$'
#### sed substitute
echo 'hello world' | sed 's/o/0/'; echo 'hello world' | sed 's/o/0/g'; echo 'hello world' | sed 's/o/0/2'; echo 'path/x' | sed 's|/|:|'
#### sed groups
echo 'ab' | sed 's/\(a\)\(b\)/\2\1/'; echo 'ab' | sed -E 's/(a)(b)/[\2&\1]/'; echo aXb | sed 's/x/y/I'
#### sed print delete
seq 5 | sed -n 2p; seq 5 | sed 2d; seq 5 | sed -n '2,4p'; seq 5 | sed '/3/d'; seq 5 | sed -n '$p'; seq 5 | sed '2,$d'; seq 5 | sed -n '/2/,/4/p'
#### sed negate step
seq 6 | sed -n '2!p'; seq 6 | sed -n '1~2p'; seq 6 | sed -n '2,+1p'; seq 6 | sed -n '0~3p'
#### sed a i c
printf '1\n2\n' | sed '1a after'; printf '1\n2\n' | sed '2i before'; printf '1\n2\n' | sed '1c changed'; printf '1\n2\n' | sed '1a\
multi\
line'
#### sed hold
seq 3 | sed -n '1!G;h;$p'; printf 'a\nb\n' | sed 'x;G'; printf 'a\nb\nc\n' | sed '$!N;s/\n/-/'
#### sed branch
echo aaa | sed ':x;s/a/b/;tx'; printf 'a\\\nb\n' | sed ':a;/\\$/{N;s/\\\n//;ba}'
#### sed y q
echo abc | sed 'y/abc/xyz/'; seq 10 | sed 3q; seq 10 | sed -n '3{p;q}'; seq 3 | sed 'q5'; echo $?
#### sed multiple
echo a | sed -e 's/a/b/' -e 's/b/c/'; echo x > f; sed -i 's/x/y/' f; cat f; sed -i.bak 's/y/z/' f; cat f f.bak
#### sed write and read
echo in > r; seq 2 | sed '1r r'; seq 3 | sed -n '2w out'; cat out
#### sed special
echo 'a.b' | sed 's/\./\n/'; echo abc | sed 's/b/\&/'; echo abc | sed 's/b/[&]/'; echo 'x' | sed 's/x*/-/g'; echo baaac | sed 's/a*/x/g'
#### sed case conversion
echo 'hello world' | sed 's/\w\+/\u&/g'; echo Hi | sed 's/.*/\L&/'; echo hi | sed 's/.*/\U&/'
#### sed l and equals
printf 'a\tb\\\n' | sed -n l; seq 2 | sed =
#### sed D P
printf 'a\na\nb\n' | sed '$!N;/^\(.*\)\n\1$/!P;D'
#### sed script file
printf 's/a/1/\n# comment\n/b/d\n' > s; printf 'a\nb\nc\n' | sed -f s
#### sed errors
echo a | sed 'k' 2>/dev/null; echo $?; echo a | sed 's/a/b' 2>/dev/null; echo $?; sed p nosuch 2>/dev/null; echo $?
#### sed anchors empty
printf 'abc\n' | sed 's/^/> /;s/$/ </'; printf 'a b\n' | sed 's/ *//'; echo aab | sed -E 's/a{2}/X/'
#### awk fields
printf 'a b c\nd e f\n' > f; awk '{print $2}' f; awk '{print $NF, NF, NR}' f; awk -F: '{print $1}' /etc/passwd | head -1; echo a:b | awk -F: '{print $2}'
#### awk patterns
seq 10 | awk '$1 > 8'; seq 10 | awk '/^1/'; seq 5 | awk 'NR==2,NR==4'; awk 'BEGIN{print "b"} END{print NR}' < /dev/null
#### awk arithmetic
awk 'BEGIN{print 1+2*3, 7/2, 7%3, 2^10, -3, 1e3, 0.1+0.2, 1/3}'; awk 'BEGIN{x=5; x+=2; x++; print x, x--, --x}'
#### awk strings
awk 'BEGIN{print length("hello"), substr("hello",2,3), index("hello","l"), toupper("a") tolower("B")}'; awk 'BEGIN{s="aXbXc"; n=split(s,a,"X"); print n, a[1], a[3]}'
#### awk sub gsub match
echo hello | awk '{sub(/l/,"L"); print; n=gsub(/[lo]/,"<&>"); print n, $0}'; awk 'BEGIN{print match("foobar","o+"), RSTART, RLENGTH}'
#### awk arrays
printf 'a\nb\na\n' | awk '{c[$1]++} END{for(k in c) print k, c[k]}' | sort; awk 'BEGIN{a[1,2]=3; for(k in a){split(k,p,SUBSEP); print p[1],p[2]}; if((1,2) in a) print "in"; delete a[1,2]; print length(a)}'
#### awk control
awk 'BEGIN{for(i=0;i<5;i++){if(i==1)continue; if(i==4)break; print i}; while(j<2)j++; do k++; while(k<3); print j,k}'
#### awk functions
awk 'function f(n){return n<=1?1:n*f(n-1)} function g(a,i){a[1]=5} BEGIN{print f(10); g(z); print z[1]}'
#### awk printf
awk 'BEGIN{printf "%d %5.2f %s %c %x %e %%\n", 42, 3.14159, "s", 65, 255, 12345.678; printf "%-5s|%5s|%05d\n", "a","b",42}'
#### awk getline
printf '1\n2\n3\n' | awk 'NR==1{getline; print "got", $0; getline x; print "x", x}'; awk 'BEGIN{"echo cmd" | getline v; print v; while(("echo a; echo b" | getline l) > 0) print "l", l}'
#### awk output redirection
awk 'BEGIN{print "x" > "o"; print "y" > "o"; close("o"); while((getline l < "o") > 0) print l; print "sorted" | "cat"}'
#### awk vars
echo 'a b c' | awk '{$2="X"; print; print NF; $5="e"; print; NF=2; print}'; awk -v x=5 'BEGIN{print x+1}'; echo a,b | awk 'BEGIN{FS=",";OFS="-"}{$1=$1; print}'
#### awk uninitialised and comparison
awk 'BEGIN{print x+0, x "" , (x==0), (x=="")}'; echo '10 9' | awk '{print ($1>$2), ($1""<$2"")}'
#### awk regex dynamic
echo 'a.b' | awk '{print split($0,a,"."), a[1]}'; echo foo123 | awk '{if($0 ~ "[0-9]+$") print "num"; print $0 !~ /x/}'
#### awk RS paragraph
printf 'a\nb\n\nc\n' | awk 'BEGIN{RS=""}{print NR": "$1"-"$2}'; printf 'a;b;c' | awk 'BEGIN{RS=";"}{print}'
#### awk concatenation precedence
awk 'BEGIN{print 1 " " 2+3 " " 4; print (1>2) ? "y" : "n"; print -1 " " -1}'
#### awk exit
awk 'BEGIN{exit 3} END{print "end"}'; echo $?; seq 5 | awk '{if($1==3) exit; print}'
#### awk math
awk 'BEGIN{print int(3.9), int(-3.9), sqrt(16), exp(0), log(1), sin(0), cos(0), atan2(0,1)}'
#### awk next and ranges
seq 6 | awk '$1%2{next}{print}'; printf 'a\nSTART\nb\nEND\nc\n' | awk '/START/,/END/'
#### awk ternary and in
awk 'BEGIN{a["x"]; print ("x" in a) ? "yes":"no", ("y" in a) ? "yes":"no"}'
#### awk ENVIRON ARGV
V=e awk 'BEGIN{print ENVIRON["V"], ARGC, ARGV[1]}' arg; awk '{print v, $0}' v=1 /dev/null; echo l | awk '{print v, $0}' v=1 -
#### awk syntax error
awk 'BEGIN{print (' 2>/dev/null || echo refused
#### awk long sum
seq 1000 | awk '{s+=$1} END{print s, s/NR}'
#### awk big numbers
awk 'BEGIN{print 2^31, 2^53, 1e6, 1000000*1000000, 0.000001, 123456789012}'
#### diff
printf '1\n2\n3\n' > a; printf '1\nx\n3\n4\n' > b; diff a b; echo $?; diff a a; echo $?; diff -q a b; diff -u a b | tail -n +3
#### diff variants
printf 'a\nb\n' > a; printf 'A\nb\n' > b; diff -i a b; echo $?; printf 'a  b\n' > c; printf 'a b\n' > d; diff -b c d; echo $?; diff -w c d; diff nosuch a; echo $?
#### diff recursive
mkdir x y; echo 1 > x/f; echo 2 > y/f; echo o > x/only; diff -r x y; echo $?
#### diff no newline
printf 'a' > a; printf 'a\n' > b; diff a b; diff -u a b | tail -n +3
#### diff context big
seq 20 > a; sed 's/^10$/ten/' a > b; diff -u a b | tail -n +3; diff -U1 a b | tail -n +3; diff -c a b | tail -n +3
#### cmp
printf abc > a; printf abd > b; cmp a b; echo $?; cmp a a; echo $?; cmp -s a b; echo $?; printf ab > c; cmp a c 2>/dev/null; echo $?; cmp -l a b
#### comm
printf 'a\nb\nc\n' > a; printf 'b\nc\nd\n' > b; comm a b; comm -12 a b; comm -23 a b
#### join
printf '1 a\n2 b\n' > a; printf '1 x\n3 y\n' > b; join a b; join -a1 a b; join -v2 a b; join -o 1.2,2.2 a b; printf 'a,1\n' > c; join -t, c c
#### fold
echo 'abcdefghij' | fold -w 4; echo 'the quick brown fox' | fold -s -w 10
#### expand
printf 'a\tb\n' | expand; printf 'a\tb\n' | expand -t 4; printf '        x\n' | unexpand -a
#### nl
printf 'a\n\nb\n' | nl; printf 'a\n\nb\n' | nl -ba; printf 'a\nb\n' | nl -w3 -s: -v10 -i5
#### od
printf 'AB\n\001' | od -c; printf 'AB' | od -An -tx1; printf '\001\002\003\004' | od -An -td4; printf abc | od -A d -t o1; printf 'abcdefghijklmnopqrstuvwxyz' | od -tx1z
#### tsort
printf 'a b\nb c\na c\n' | tsort; printf 'a b\nb a\n' | tsort >/dev/null 2>&1; echo $?
#### rev tac
echo abc | rev; seq 3 | tac; printf 'a\nb' | tac
#### bc
echo '1+2*3' | bc; echo 'scale=3; 10/3' | bc; echo '2^64' | bc; echo 'scale=2; sqrt(2)' | bc; echo 'ibase=16; FF' | bc; echo 'obase=2; 10' | bc
#### bc program
echo 'define f(n) { if (n <= 1) return (1); return (n * f(n-1)); }
f(20)
for (i = 0; i < 3; i++) i' | bc
#### bc library
echo 's(0); c(0); e(0); l(1)' | bc -l; echo '4*a(1)' | bc -l
#### bc errors
echo '1/0' | bc 2>/dev/null; echo 'x=5; x' | bc; echo '7 % 3; -7 / 2; 7 > 3' | bc
#### bc arrays and strings
echo 'a[1]=5; a[1]+1; print "hi\n"' | bc
#### shuf range
shuf -i 1-5 | sort -n
#### utf8 columns
printf 'é1\nb2\n' | cut -c1; printf 'éa\n' | sed 's/./X/'; echo é | grep -o .
#### nul handling
printf 'a\0b\0' | tr '\0' '\n'; printf 'b\0a\0' | sort -z | tr '\0' ' '
#### big pipeline
seq 5000 | sort -n | uniq | awk '{s+=$1} END{print s}'; seq 2000 | sed 's/$/x/' | grep -c 9x
#### word count idiom
printf 'the cat the dog\n' | tr ' ' '\n' | sort | uniq -c | sort -rn | awk '{print $1, $2}'
#### column sums
printf '1 2\n3 4\n' | awk '{for(i=1;i<=NF;i++) t[i]+=$i} END{print t[1], t[2]}'
#### csv cut sort
printf 'n,2\nm,10\no,1\n' | sort -t, -k2n | cut -d, -f1 | paste -sd' '
#### find duplicates
printf 'x\ny\nx\n' | sort | uniq -d
#### reverse words
echo 'one two three' | awk '{for(i=NF;i>0;i--) printf "%s%s", $i, (i>1?" ":"\n")}'
#### numbering loop
i=0; printf 'a\nb\n' | while read l; do i=$((i+1)); echo "$i:$l"; done
