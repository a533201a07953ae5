#### sed substitution flags
printf 'aaa\nbab\n' > f; sed 's/a/x/' f; sed 's/a/x/g' f; sed 's/a/x/2' f; sed 's/a/x/2g' f; sed -n 's/b/B/p' f; sed 's/A/x/I' f; sed 's/a/x/w out' f >/dev/null; cat out; sed 's|a|/|' f; sed 's/a/[&]/' f; sed 's/\(.\)\(.\)/\2\1/' f; sed 's/a/\n/' f; sed 's/a/\&/' f; sed 's,a,\,,' f
#### sed addresses
seq 10 > f; sed -n 3p f; sed -n '$p' f; sed -n 2,4p f; sed -n '/5/,/7/p' f; sed -n '8,$p' f; sed -n '2~3p' f; sed -n '/3/,+2p' f; sed -n '5,~4p' f; sed -n '0,/1/p' f; sed -n '1,/1/p' f; sed '2,8d' f; sed -n '/1/!p' f; sed -n '5,2p' f; sed -n '\,3,p' f; sed -n '/A\|3/Ip' f
#### sed text commands
seq 3 > f; sed '2a\
new' f; sed '2i\
new' f; sed '2c\
new' f; sed '2a new' f; sed '2a\  spaced' f; sed '2,3c X' f; sed '$!d' f; sed 'a\
one\
two' f; sed '1i\\ta' f; sed -e '1a foo' -e '1a bar' f; sed '/2/r nosuch' f; echo in > g; sed '2r g' f; sed '1R g' f; sed 2q f; sed -n '2{p;q}' f; sed '2Q' f; sed 'q5' f; echo $?
#### sed hold space
seq 4 > f; sed -n '1!G;h;$p' f; sed 'G' f | head -4; sed 'x;p;x' f | head -3; sed 'N;s/\n/-/' f; sed '$!N;P;D' f; sed -n 'H;${x;s/\n/,/g;p}' f; sed 'N;N;s/\n/+/g' f; printf 'a\nb\n' | sed 'x;G'; sed '1h;2g;3x' f; sed -n 'h;n;G;p' f
#### sed branches
printf 'aaab\nxx\n' | sed ':a;s/a/b/;ta'; seq 3 | sed -n '/2/bend;p;:end'; seq 3 | sed '/2/{s/2/two/;b};s/^/-/'; printf 'a\nb\n' | sed -e ':x' -e 's/a/c/;tx' -e 's/b/d/;T;s/$/!/'; echo aXbX | sed ':l;s/X//;tl'
#### sed translate and print
echo hello | sed 'y/el/ip/'; echo 'a/b' | sed 'y,/,|,'; printf 'a\tb\\\001\n' | sed -n l; printf '%080d\n' 1 | sed -n l; printf 'abc\n' | sed -n 'l 2'; seq 3 | sed -n =; seq 2 | sed =; echo abc | sed 'y/abc/\n\t\\/' | od -c; printf 'é\n' | sed -n l
#### sed next commands
seq 5 | sed n\;d; seq 5 | sed -n 'n;p'; seq 3 | sed '$!N;l;D' | head -4; seq 5 | sed 'n;n;s/./x/'; echo a | sed 'N;s/x/y/'; echo a | sed -n 'N;p'; echo a | POSIXLY_CORRECT=1 sed 'N;p'
#### sed extended
echo 'foo123bar' | sed -E 's/([a-z]+)([0-9]+)/\2\1/'; echo aaa | sed -E 's/a{2}/x/'; echo abab | sed -E 's/(ab)+/x/'; echo 'a+b' | sed 's/a+b/x/'; echo 'aab' | sed 's/a\+b/x/'; echo ab | sed -E 's/a|b/x/g'; echo 'a(b)' | sed -E 's/\(b\)/x/'; echo 'xay' | sed -E 's/^(x)?(a)?(z)?y$/[\1|\2|\3]/'; echo aXb | sed -E 's/[[:upper:]]/-/'
#### sed case conversions
echo 'hello world' | sed 's/.*/\U&/'; echo 'HELLO' | sed 's/\(.\)\(.*\)/\1\L\2/'; echo 'foo bar' | sed 's/\b./\u&/g'; echo 'FOO' | sed 's/.*/\l&/'; echo 'foo bar' | sed 's/\(foo\) \(bar\)/\U\1\E \2/'; echo abc | sed 's/b/\U&x\E&/'
#### sed in place
printf 'a\n' > f; printf 'a\n' > g; sed -i s/a/b/ f g; cat f g; sed -i.bak s/b/c/ f; cat f f.bak; sed -n -i p g; cat g; sed -i '1i top' g; cat g; sed -i s/x/y/ nosuch; echo $?; ls; sed -s -n '$p' f g; sed -n '$p' f g; sed -i -e '$a end' f; cat f; mkdir d; sed -i s/a/b/ d; echo $?
#### sed files and scripts
printf 's/a/b/\ns/b/c/\n' > s; echo a | sed -f s; printf '#n\np\n' > n; echo x | sed -f n; printf '#!/bin/sed -f\ns/x/y/ # comment\n' > c; echo x | sed -f c; sed -n p nosuch; echo $?; echo x > f; sed p nosuch f; echo $?; sed --expression=p -n f; echo x | sed -e 'a\' -e 'text'; printf 'a\\\nfoo\n' > t; echo x | sed -f t
#### sed write files
seq 4 > f; sed -n '/[13]/w odd' f; cat odd; sed -n 'w /dev/stdout' f | head -2; sed 's/2/two/w w' f > /dev/null; cat w; sed -n -e '1w a' -e '2w a' f; cat a; sed -n '1w /dev/stderr' f 2>&1; sed -n '3W x' f; cat x
#### sed quiet and separate
seq 2 > a; seq 3 4 > b; sed -n 1p a b; sed -s -n 1p a b; sed -n 'F' a; sed -n '$=' a b; sed -s '$=' a b; sed -z 's/\n/,/g' a; printf 'a\0b\0' | sed -z s/a/x/ | od -c; sed -u p a | wc -l; sed --posix s/1/x/ a; sed -n --line-length=5 l a
#### sed no newline at end
printf 'a' | sed s/a/b/; echo; printf 'a\nb' | sed -n '$p'; echo; printf 'a' | sed p; echo; printf 'x' | sed 'a y'; printf 'x' > f; printf 'y' > g; sed '' f g; echo
#### sed special replacement
echo abc | sed 's/b/\t/'; echo abc | sed 's/\x62/X/'; echo abc | sed 's/b/\x26/'; echo 'a.b' | sed 's/\./\//'; echo abc | sed 's/[/]/x/;s/b/\o101/'; echo a | sed 's/a/x\
y/'; echo 'a b' | sed 's/ /\n/' | wc -l; echo 'a]b' | sed 's/[]]/x/'; echo 'a^b' | sed 's/[\^]/x/'; echo 'a\b' | sed 's/[\]/x/'; echo 'tab	x' | sed 's/[\t]/T/'; echo 'a\nb' | sed 's/[\n]/x/g'; echo abc | sed 's/\d98/D/'
#### sed empty regex
echo 'foo foo' | sed '/foo/s//bar/'; echo abc | sed 's/b/x/;s//y/'; echo abab | sed 's/a/x/;s//y/'; echo x | sed 's//y/'; echo $?; seq 3 | sed -n '/2/{s//two/p}'
#### sed empty matches
echo abc | sed 's/x*/-/g'; echo baaac | sed 's/a*/x/g'; echo abc | sed 's/$/!/'; echo abc | sed 's/^/>/g'; echo abc | sed 's/\b/|/g'; echo 'a b' | sed 's/\B/-/g'; printf 'a\nb\n' | sed 'N;s/^/>/mg'; printf 'a\nb\n' | sed 'N;s/$/</Mg'; printf 'a\nb\n' | sed -n 'N;/^b/Mp'; echo aaa | sed 's/a\{0\}/x/2'
#### sed errors
echo x | sed k; echo $?; echo x | sed 's/a/b'; echo $?; echo x | sed 's/a/b/z'; echo $?; echo x | sed '{p'; echo $?; echo x | sed 'p}'; echo $?; echo x | sed 'y/ab/c/'; echo $?; echo x | sed 's/\(/x/'; echo $?; echo x | sed 's/a/\1/'; echo $?; sed; echo $?; sed -Z p; echo $?; echo x | sed '1,p'; echo $?; echo x | sed '3!!p'; echo $?; echo x | sed ':'; echo $?; echo x | sed 'a'; echo $?; echo x | sed '0p'; echo $?; echo x | sed 'p;p x'; echo $?; echo x | sed 's/a/b/gg'; echo $?; echo x | sed 's/a/b/0'; echo $?; echo x | sed '/x'; echo $?; echo x | sed 'r'; echo $?; echo x | sed '='x; echo $?; echo x | sed '2,1!{p'; echo $?
#### sed exit codes
echo x | sed 'q 3'; echo $?; echo x | sed 'Q4'; echo $?; sed p nosuch; echo $?; echo x | sed --help >/dev/null; echo $?; echo x | sed --version | head -1 | cut -c1-4
#### sed e and z commands
echo 'echo hi' | sed e; echo x | sed '1e echo pre'; echo 'a' | sed 's/a/echo sub/e'; printf 'a\nb\n' | sed 'N;z;s/^$/empty/'; echo x | sed 'v 4.2'; echo x | sed --sandbox 'w f'; echo $?
#### sed one-liners
printf 'a\n\n\nb\n' | sed '/^$/N;/\n$/D'; printf '  lead\n' | sed 's/^[ \t]*//'; seq 12 | sed -n '$!N;$!D;p' | tail -1; seq 5 | sed '1~2d'; printf 'a b c\n' | sed 's/ /\n/g' | sed -n '2p'; seq 3 | sed '1!G;h;$!d'; echo 1234567 | sed ':a;s/\B[0-9]\{3\}\>/,&/;ta'; printf 'x=1\ny=2\n' | sed -n 's/^y=//p'; seq 10 | sed '$!{h;d};x;G'; printf 'one\ntwo\n' | sed 's/.*/"&"/' | sed ':a;N;$!ba;s/\n/, /'; echo '/usr/bin/x' | sed 's,.*/,,'; echo 'CamelCaseWord' | sed 's/\([A-Z]\)/_\l\1/g;s/^_//'
#### awk fields
printf 'a b c\nd e\n' > f; awk '{print $1}' f; awk '{print NF, $NF}' f; awk '{print NR": "$0}' f; awk -F: '{print $2}' <<X
a:b:c
X
awk '{$2="X"}1' f; awk '{$5="e"}1' f; awk '{NF=1}1' f; awk -F'[ ,]+' '{print $2}' f; awk 'BEGIN{FS=","}{print $1}' f; awk -F'\t' '{print NF}' f; awk '{print $(NF-1)}' f; awk -v OFS=- '{$1=$1}1' f; awk -Ft '{print $1}' f; awk -F '' '{print NF}' f; awk -F. '{print NF}' f
#### awk patterns
seq 10 > f; awk '/5/' f; awk 'NR==2' f; awk 'NR>8' f; awk '/2/,/4/' f; awk 'NR==3,NR==5' f; awk '$1%3==0' f; awk '!/1/' f; awk 'END{print NR}' f; awk 'BEGIN{print "b"}END{print "e"}' f; awk '/1/&&/0/' f; awk '$0~"^1"' f; awk '$0 !~ /1/ {n++} END{print n}' f
#### awk printf
awk 'BEGIN{printf "%d %5d|%-5d|%05d %+d\n", 3.9, 42, 42, 42, 42}'; awk 'BEGIN{printf "%s %10s|%-10s|%.2s\n","abc","abc","abc","abc"}'; awk 'BEGIN{printf "%f %.2f %e %g %G\n",3.14159,3.14159,31415.9,0.0001,1e10}'; awk 'BEGIN{printf "%x %X %o %c %c %%\n",255,255,8,65,"hello"}'; awk 'BEGIN{printf "%*d|%-*d|\n",5,42,5,42}'; awk 'BEGIN{printf "%i\n", "12abc"}'; awk 'BEGIN{printf("%s-%s\n","a","b")}'; awk 'BEGIN{printf "%5.1f|%c\n", 2.25, ""}'; awk 'BEGIN{printf "%s\n"}' ; echo $?; awk 'BEGIN{printf "%c", 256}' | od -c; awk 'BEGIN{printf "%d\n", 2^53+1}'; awk 'BEGIN{printf "%d %d\n", "0x1A", -3.9}'
#### awk numbers as text
awk 'BEGIN{print 1e6, 1e5, 0.1+0.2, 1/3, 100000000000000000000, 2^31, 2^53, 123456789012, 0.000001, 1e-5, 3.0, -0}'; awk 'BEGIN{OFMT="%.2f"; print 3.14159; x=3.14159 ""; print x}'; awk 'BEGIN{CONVFMT="%.2f"; x=3.14159 ""; print x; a[0.1]=1; for(k in a) print k}'; awk 'BEGIN{print 1e3, .5, 5., "3x"+1, +"0x10", 1==1.0, "a"<"b", 2<10, "2"<"10"}'; echo '10 9' | awk '{print ($1>$2), ($1""<$2"")}'; awk 'BEGIN{print length(12345), index("abc","c"), -3%2, 7%-3, 2**3, 2^3^2, -2^2, !0, !1, !"", !"a", 1-1, 1 " " -1}'
#### awk strings
awk 'BEGIN{print length("héllo"), substr("hello",2,3), substr("hello",0), substr("hello",-1,3), substr("hello",4,99), index("hello","l"), toupper("abc"), tolower("ABC")}'; awk 'BEGIN{s="hello"; n=gsub(/l/,"L",s); print n, s}'; awk 'BEGIN{s="hello"; sub(/l+/,"[&]",s); print s}'; awk 'BEGIN{s="a.b.c"; n=split(s,a,"."); print n, a[1], a[3]}'; awk 'BEGIN{print match("foobar",/o+/), RSTART, RLENGTH; print match("x",/y/), RSTART, RLENGTH}'; awk 'BEGIN{s="aaa"; print gsub(/x*/,"-",s), s}'; awk 'BEGIN{s="a&b"; gsub(/&/,"\\&\\&",s); print s}'; awk 'BEGIN{n=split("",a); print n; n=split("  a b ",b); print n, b[1]; n=split("abc",c,""); print n, c[2]}'; awk 'BEGIN{print substr("hello",2); print substr("hello",1.5,1.5)}'; awk 'BEGIN{print "a" "b" 1+1 "c"; print 1 2, 3}'; awk 'BEGIN{s="b\\.c"; print s; print "tab\there\\", "\101\x41"}'
#### awk arrays
awk 'BEGIN{a["x"]=1; a["y"]=2; if("x" in a) print "in"; delete a["x"]; print ("x" in a), length(a); a[1,2]=3; for(k in a) if (index(k,SUBSEP)) {split(k,p,SUBSEP); print p[1],p[2]}; print ((1,2) in a); delete a; print length(a)}'; printf 'b\na\nb\n' | awk '{c[$1]++}END{for(k in c) print k, c[k]}' | sort; awk 'BEGIN{a[01]=1; print (1 in a); a["01"]=2; print length(a)}'; awk 'function f(x){x["k"]=5} BEGIN{f(z); print z["k"]}'; awk 'BEGIN{if(!("q" in a)) print "no"; x=a["q"]; if("q" in a) print "yes"}'
#### awk control flow
awk 'BEGIN{for(i=0;i<3;i++){if(i==1)continue;print i}; while(j<2)j++; print j; do{k++}while(k<5); print k; for(;;){if(++n>3)break}; print n; if(0);else print "else"}'; seq 5 | awk '{if($1==2)next; if($1==4)exit; print}END{print "end"}'; awk 'BEGIN{exit 3}END{print "e"}'; echo $?; seq 3 > f; awk 'FNR==2{nextfile}{print FILENAME, $1}' f f; awk '{exit}END{exit 4}' f; echo $?; awk 'BEGIN{x = 1 ? "t" : "f"; print x; print 1?2?3:4:5}'
#### awk functions
awk 'function f(n){return n<2?1:n*f(n-1)} BEGIN{print f(10)}'; awk 'function g(a,  l){l=a; a=9; return l} BEGIN{x=1; print g(x), x, l}'; awk 'function h(){return} BEGIN{v=h(); print "[" v "]"}'; awk 'function add(a,b) {
  return a+b
}
BEGIN { print add(1,
  2) }'; awk 'func s(x){return x x} BEGIN{print s("ab")}'; awk 'BEGIN{print int(3.9), int(-3.9), int("4x"), sqrt(16), exp(0), log(1), sin(0), cos(0), atan2(0,-1)}'; awk 'BEGIN{srand(1); a=rand(); srand(1); b=rand(); print (a==b), (a>=0 && a<1), srand(5), srand()}'
#### awk getline and pipes
seq 3 > f; awk 'BEGIN{while((getline l < "f")>0) print "l" l; close("f"); getline < "f"; print $0}'; awk 'BEGIN{"echo hi" | getline x; print x}'; awk 'NR==1{getline; print}' f; awk 'BEGIN{print "b\na" | "sort"; close("sort"); print "z"}'; awk 'BEGIN{print (getline x < "nosuch")}'; awk '{print > "out" $1}' f; cat out1 out3; awk 'BEGIN{print "x" > "o"; print "y" >> "o"; close("o"); while((getline z<"o")>0) print z}'; awk 'BEGIN{r=system("exit 3"); print r}'; awk 'BEGIN{printf "a\n" | "cat 1>&2"}' 2>&1; awk 'BEGIN{while(("echo a; echo b" | getline v)>0) print v}'; awk 'BEGIN{getline; print "got " $0; getline x; print x, NR}' f
#### awk variables
echo a | awk -v x=5 -v 'y=a\tb' '{print x, y}'; echo a > f; awk '{print x}' x=1 f x=2 f; awk 'BEGIN{print ARGC, ARGV[1], ARGV[2]}' p q; awk 'BEGIN{printf "[%s][%s][%s][%s]\n", FS, OFS, RS, SUBSEP}' | od -c | head -2; FOO=bar awk 'BEGIN{print ENVIRON["FOO"]}'; awk 'END{print FILENAME, FNR, NR}' f f; awk 'BEGIN{ARGV[1]="f"; ARGC=2}{print "x" $0}' ignored; awk 'BEGIN{$0="a b c"; print NF; $3=""; print; print NF}'; awk 'BEGIN{$3="c"; print NF, $0}'; awk -f /dev/stdin f <<'X'
{print "prog"}
X
#### awk record separators
printf 'a;b;c' | awk 'BEGIN{RS=";"}{print NR, $0}'; printf 'a\nb\n\nc\nd\n\n\n\ne\n' | awk 'BEGIN{RS=""}{print NR": "$1"-"$2, NF}'; printf 'a b\n' | awk 'BEGIN{ORS="!\n"}{print}'; printf 'x y\nz\n\nw\n' | awk 'BEGIN{RS="";FS="\n"}{print $1; print NF}'; printf 'a\r\nb\r\n' | awk 'BEGIN{RS="\r\n"}{print $0 "|"}'; printf 'aXXbXXc' | awk -v RS=XX '{print}'; printf '\n\na\n' | awk -v RS= '{print NR, $0}'; printf 'a\0b' | awk -v RS='\0' '{print}'
#### awk regex
printf 'foo.bar\nfooxbar\nFOO\n' > f; awk '/foo\.bar/' f; awk '/^foo.bar$/' f; awk 'tolower($0)~/foo$/' f; awk '{if(match($0,"o+"))print RSTART,RLENGTH}' f; awk '/o{2}/' f; awk '/(foo|FOO)$/' f; awk '/[[:upper:]]+/' f; awk '$0 ~ "foo\\.bar"' f; awk '/a+b?|x/' f; awk 'BEGIN{if("a/b" ~ /a\/b/) print "slash"; if ("a" ~ /[/a]/) print "br"; r="^a"; if ("abc" ~ r) print "dyn"}'; awk 'BEGIN{print "ab" ~ /a$|b$/, "x" ~ //, "a\nb" ~ /a.b/}'
#### awk gawk functions
awk 'BEGIN{print gensub(/(a)(b)/,"\\2\\1","g","abab"), gensub(/a/,"x",2,"aaa")}'; awk 'BEGIN{print strtonum("0x1A"), strtonum("017"), and(12,10), or(12,10), xor(12,10), lshift(1,4), rshift(16,2), compl(0)>0}'; awk 'BEGIN{a[3]="c";a[1]="a";a[2]="b"; n=asort(a,b); print n,b[1],b[3]; n=asorti(a,d); print d[1],d[3]}'; awk 'BEGIN{print strftime("%Y-%m-%d %H:%M:%S", 86400, 1); print mktime("1970 01 02 00 00 00")}'; awk 'BEGIN{print length()}' ; echo abc | awk '{print length}'; awk 'BEGIN{print substr("hello", 2, 0) "|"}'; awk 'BEGIN{print tolower("ÀÉ"), typeof(1), typeof("a"), isarray(x)}'; awk 'BEGIN { printf "%s\n", toupper(substr("abc", 1, 1)) substr("abc", 2) }'
#### awk field widths
printf 'a|b\n' | awk -F'|' '{print $2}'; printf 'a||b\n' | awk -F'|' '{print NF}'; printf ' a  b \n' | awk '{print NF; $1=$1; print "[" $0 "]"}'; printf ' a  b \n' | awk -F' ' '{print $1}'; printf ' a b\n' | awk -F'[ ]' '{print NF}'; printf 'a.b\n' | awk -F. '{print $2}'; printf 'aXbxc\n' | awk -Fx '{print NF}'; printf 'a\\b\n' | awk -F'\\' '{print $2}'; printf 'a^b\n' | awk -F^ '{print $2}'
#### awk errors
for p in 'BEGIN{print' '{print $1' 'BEGIN{f(1)}' 'BEGIN{print 1/0}' 'BEGIN{print $(-1)}' '/(/' 'BEGIN{a[1]=1; print a}' 'BEGIN { if (x) }'; do awk "$p" /dev/null >/dev/null || echo failed; done; awk '{print}' nosuch; echo $?; echo ok > f; awk '{print}' nosuch f; echo $?
#### awk output redirection
awk 'BEGIN{print "a","b" > "f"; close("f"); print "c" >> "f"; printf "%s", "d" >> "f"}'; cat f; echo; awk 'BEGIN{print "to err" > "/dev/stderr"}' 2>&1; awk 'BEGIN{print "so" > "/dev/stdout"; fflush()}'; awk 'BEGIN{print "x" > "nosuch/y"}'; echo $?; awk 'BEGIN{print 1, 2 > "g" ".txt"}'; ls; awk 'BEGIN{print("a")("b"); print("x","y")}'; awk 'BEGIN{print 1>2?"a":"b"}'; ls; awk 'BEGIN{print (1>2)?"a":"b"}'
#### awk uninitialized and concatenation
awk 'BEGIN{print x+0, "[" x "]", length(x), x==0, x==""}'; awk 'BEGIN{x["a"]; print length(x)}'; awk 'BEGIN{i=5; print i++ + ++i, i--, --i, i}'; awk 'BEGIN{a="1"; a+=2; print a; a-=1; a*=6; a/=4; a%=2; a^=3; print a}'; awk 'BEGIN{print 1 -1, 1 " " -1, "a" > "/dev/stdout"}'; awk 'BEGIN{print -1 " " -1; print 2 * 3 4; print 10 % 3 * 2}'; awk 'BEGIN{print 1<2, (2<1) "x"; print "a" == "a", "a" != "b"}'; awk 'BEGIN { $0 = "x y"; print $1$2; print $NF-1, $(1)"z" }'; awk 'BEGIN{print length "x"}' </dev/null; awk 'BEGIN{print index("foobar", "bar") substr("x",1)}'
#### awk semicolons and newlines
awk 'BEGIN{print 1;;print 2}'; awk 'BEGIN {
  # comment
  x = 1 +
    2
  if (x == 3)
    print "three"
  else
    print "other"
  for (i = 0; i < 2; i++)
    print i
  y = x && \
    1
  print y
}
END { print "end" }' /dev/null; awk 'BEGIN{if(1)print "a";else print "b"}'; awk '
/x/ { print "x" }

/y/ { print "y" }
' <<X
x
y
X
awk 'BEGIN{while(i<2){i++};print i}'; awk 'BEGIN { print "a" }; BEGIN { print "b" }'; awk "BEGIN{print \"it's\"}"; awk 'BEGIN{a = "x" ; b = a ; ; print b}'
#### awk programs
printf 'alice 30\nbob 25\ncarol 35\n' > f; awk '{s+=$2} END{print s/NR}' f; awk '$2>m{m=$2;n=$1} END{print n,m}' f; awk '{l[NR]=$0} END{for(i=NR;i;i--)print l[i]}' f; awk 'length($1)>3' f; awk '{print $2,$1}' f | sort -n; awk '{printf "%-10s%5d\n",$1,$2}' f; awk 'NR==FNR{a[$1]=$2;next} $1 in a{print $1,a[$1]}' f f; awk '!seen[$2%5]++' f; awk '{w=w (NR>1?",":"") $1} END{print w}' f; awk 'BEGIN{for(i=1;i<=3;i++){for(j=1;j<=i;j++)printf "%d ",i*j; print ""}}'; awk '{for(i=NF;i>0;i--)printf "%s%s",$i,(i>1?OFS:ORS)}' f; awk -F' ' 'BEGIN{OFS="\t"}{print $1,$2}' f
#### bc basics
echo '1+2*3' | bc; echo '7/2; 7%2; scale=3; 7/2; 7%2' | bc; echo '2^10; -2^2; 2^-1' | bc; echo 'scale=5; sqrt(2); 1/3; -1/3; .5*.5' | bc; echo 'a=5; a; a+=2; a; a++; ++a; a--' | bc; echo '10>5; 3==4; 1&&0; !0; 1||0' | bc; echo 'length(12345); scale(1.234); length(.01)' | bc; echo 'ibase=16; FF; ibase=A; 10' | bc; echo 'obase=2; 10; obase=16; 255; 4096' | bc; echo 'last; 5; last+1; .' | bc
#### bc statements
printf 'for(i=0;i<3;i++) i\nif(1) 2 else 3\nwhile(j<2) { j; j+=1 }\n' | bc; echo 'define f(x) { return x*2; }; f(4)' | bc; echo 'define f(n) { if (n<2) return 1; return n*f(n-1); } f(20)' | bc; echo '"text"; print "a", 1+1, "\n"' | bc; echo 'define s(a[],n) { auto i,t; for(i=0;i<n;i++) t+=a[i]; return t; } b[0]=1; b[1]=2; s(b[],2)' | bc; printf '/* c */ 1 # d\n2\nquit\n3\n' | bc; echo '2^100' | bc; printf '1+\\\n2\n' | bc; echo 'x = y = 3; x*y' | bc; echo 'if (0) 1
2' | bc; echo 'for(;;){ if (++k>3) break; k }' | bc; echo '{1;2};3' | bc
#### bc library
echo 'scale=10; s(1); c(1); a(1); l(10); e(2); j(0,1)' | bc -l; echo 'scale=0; e(1)*1' | bc -l; echo '1/3' | bc -l; echo 'scale=50; 4*a(1)' | bc -l
#### bc errors
echo '1/0' | bc; echo $?; echo '1 +' | bc; echo $?; echo 'sqrt(-1)' | bc; echo $?; echo 'f(1)' | bc; echo $?; echo '2^0.5' | bc; echo $?; echo 'foo' | bc; bc nosuch; echo $?; echo '1 1' | bc; echo $?; echo '"abc' | bc; echo $?; echo 'x[-1]' | bc; echo $?; echo '@' | bc
#### bc long lines
echo '2^300' | bc; echo '2^300' | BC_LINE_LENGTH=0 bc; echo 'obase=20; 399; obase=100; 12345' | bc; echo '.1+.2; 1.50; -.5; 0.0; 00012' | bc; echo 'scale=2; 10/3*3; 1.23*4.567; (1.5)^3' | bc; echo 'obase=16; 0.5; obase=2; 0.75; -3' | bc; echo 'scale=20; 1/7' | bc; echo 'ibase=2; 101; 1.1' | bc
