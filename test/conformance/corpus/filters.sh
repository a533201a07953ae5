#### cat options
printf 'a\n\n\n\tb\n' > f; cat -n f; cat -b f; cat -s f; cat -E f; cat -T f; cat -A f; cat -ns f
#### cat control characters
printf '\001\177\200\377\303\251\n' | cat -v; printf 'x\r\n' | cat -A; printf '\t\n' | cat -e; printf '\t\n' | cat -t
#### cat errors
cat nosuch; echo $?; mkdir d; cat d; echo $?; echo a > f; cat f nosuch f; echo $?; cat -Z; echo $?; cat f - f </dev/null
#### cat no newline joins
printf a > x; printf 'b\n' > y; cat x y; cat -n x y
#### cat output is input
echo x > f; cat f >> f; echo $?; cat f
#### tac
seq 3 | tac; printf 'a\nb' | tac; echo; printf 'a,b,c' | tac -s ,; echo; printf 'a,b,c,' | tac -b -s ,; echo; tac nosuch; echo $?; printf '1x22x3' | tac -r -s '[a-z]'
#### rev
printf 'abc\nxyz é\n' | rev; printf 'no newline' | rev
#### head forms
seq 20 > f; head f | wc -l; head -n 3 f; head -3 f; head -n -18 f; head -c 5 f; head -c -45 f; head -n 0 f; head -n 1k f | wc -l
#### head several
seq 2 > a; seq 3 > b; head -n 1 a b; head -qn 1 a b; head -vn 1 a; head -n 1 a nosuch b; echo $?; head -n 1 - a < b
#### head errors
head -n x f; echo $?; head -n; echo $?; head nosuch; echo $?; mkdir d; head d; echo $?; head -z -n 1 /dev/null; echo $?
#### head leaves the rest
printf '1\n2\n3\n' > f; { head -n 1; cat; } < f
#### tail forms
seq 20 > f; tail -n 2 f; tail -2 f; tail -n +19 f; tail +19 f; tail -c 5 f; tail -c +48 f; tail -n 0 f; seq 5 | tail -n +3; seq 5 | tail -c 2; tail -c -3 f
#### tail several
seq 2 > a; seq 3 > b; tail -n 1 a b; tail -qn 1 a b; tail -vn 1 a; tail -n 1 nosuch a; echo $?; tail -n x a; echo $?
#### tail zero terminated
printf 'a\0b\0c' | tail -z -n 1 | od -c; printf 'a\0b\0c' | head -z -n 1 | od -c
#### tail reverse
printf 'a\nb' | tail -n 1; echo; printf '\n\n' | tail -n 1 | wc -l; printf 'abc' | tail -n +2; mkdir d; tail d; echo $?
#### wc forms
printf 'one two\nthree\n' > f; wc f; wc -l f; wc -w f; wc -c f; wc -m f; wc -L f; wc -lc f; wc < f; wc -l < f; printf 'é\n' | wc -mc; printf 'a\tb' | wc -L
#### wc several
seq 3 > a; seq 100 > b; wc a b; wc -l a b nosuch; echo $?; printf 'a\0b\0' | wc --files0-from=-; mkdir d; wc d; echo $?; wc -l - < a
#### wc binary
printf '\377\376 x\0y\n' | wc; printf '\302\240a\n' | wc -w; printf 'a\vb\fc\rd\n' | wc -w
#### nl
printf 'a\n\nb\n' > f; nl f; nl -ba f; nl -bn f; nl -n ln f; nl -n rz -w 3 f; nl -s: f; nl -v 10 -i 5 f; nl -bp'^b' f; nl -ba -l2 f
#### nl sections
printf '\\:\\:\\:\nh\n\\:\\:\nb\n\\:\nf\n\\:\\:\nb2\n' > f; nl f; nl -ha -fa f; nl -p f; nl -d'XY' f | head -3
#### expand unexpand
printf 'a\tb\n\tc\n' | expand; printf 'a\tb\n' | expand -t 4; printf 'a\tb\tc\td\n' | expand -t 2,5; printf '\ta\tb\n' | expand -i; printf '        a       b\n' | unexpand | cat -A; printf '        a       b\n' | unexpand -a | cat -A; printf '    a   b\n' | unexpand -t 4 | cat -A; printf '  a\n' | unexpand --first-only -t 2 | cat -A; expand -t x; echo $?; expand nosuch; echo $?; printf 'a\tb\n' | expand -t /5; printf 'a\tb\tc\n' | expand -t 2,+3; printf 'a\bb\tc\n' | expand | od -c
#### fold
printf 'abcdefghij\n' | fold -w 4; printf 'hello big world\n' | fold -s -w 8; printf 'a\tb\n' | fold -w 8; printf 'éééé\n' | fold -b -w 4; printf 'ab\bcd\n' | fold -w 2 | od -c; fold -w x; echo $?; printf 'abcdef' | fold -3; seq 3 | fold -w 1
#### cut bytes and characters
echo abcdefgh > f; cut -c 2-4 f; cut -c -3 f; cut -c 6- f; cut -c 1,3,5-6 f; cut -b 2 f; cut --complement -c 2-7 f; cut -c 3-3,1-1 f; cut -c 4-20 f; echo éàü | cut -b 1-2; cut -b 1-2,5-6 --output-delimiter=: f
#### cut fields
printf 'a:b:c:d\nnone\n:x:\n' > f; cut -d: -f2 f; cut -d: -f2- f; cut -d: -f1,3 f; cut -s -d: -f1 f; cut -d: -f 2 --complement f; cut -d: --output-delimiter='--' -f1,2 f; printf 'a\tb\n' | cut -f2; printf 'a b\n' | cut -d' ' -f2; printf 'a:b\0c:d\0' | cut -z -d: -f1 | od -c; cut -d: -f3,1 f
#### cut errors
cut; echo $?; cut -f 0; echo $?; cut -f 3-2; echo $?; cut -c x; echo $?; cut -d ab -f1; echo $?; cut -f1 -c1; echo $?; cut -c1 nosuch; echo $?; cut -f ''; echo $?; cut -d: -c 1; echo $?; cut -s -c1; echo $?; cut -f -; echo $?
#### paste
seq 3 > a; printf 'x\ny\n' > b; paste a b; paste -s a b; paste -d, a b; paste -d ',;' a b a; paste -s -d '+-' a; seq 6 | paste - - -; paste -d '\n' a b; paste -d '\0' a b; paste a nosuch; echo $?; paste -d '' a b; printf 'a\0b\0' | paste -z -s - | od -c; paste -d '\\' a b
#### tr basics
echo hello | tr l L; echo hello | tr a-y b-z; echo hello | tr -d l; echo 'aabbcc' | tr -s ab; echo hello | tr -s l x; echo abc123 | tr -cd 0-9; echo; echo abc | tr -c a X; echo; echo 'a b' | tr ' ' '\n'; echo abc | tr abc x; echo abc | tr abc xy; echo 'a-b' | tr - _; echo 'a\b' | tr '\\' /
#### tr classes
echo 'aB1 ,	' | tr '[:upper:]' '[:lower:]'; echo 'aB1 ,' | tr -d '[:alpha:]'; echo 'aB1 ,' | tr -d '[:punct:][:space:]'; echo; echo abc | tr '[:lower:]' '[:upper:]'; echo '123abc' | tr '[:digit:]' x; echo 'a  b' | tr -s '[:blank:]'; echo abc | tr '[=a=]' x; echo 'ab' | tr 'ab' '[x*]'; echo abcd | tr abcd '[x*2]y'; echo aaa | tr a '\101'; printf 'a\tb' | tr '\t' '\n'; echo; echo 'x]y' | tr ']' '['
#### tr truncate complement
echo abcd | tr -t abcd xy; echo abcd | tr -C 'ab\n' -; echo 'aabb1122' | tr -cs '[:alpha:]' '\n'; echo 'hello  world' | tr -ds l ' '
#### tr errors
tr; echo $?; tr a; echo $?; tr -d a b; echo $?; tr a b c; echo $?; tr z-a x; echo $?; tr '[:foo:]' x; echo $?; tr a ''; echo $?; tr -ds a; echo $?; tr '[:alpha:]' '[:punct:]'; echo $?
#### tr binary
printf '\000\001\377' | tr '\000\377' 'ab' | od -c; printf 'a\0b' | tr -d '\0'; echo; printf 'é' | tr '\303' x | od -An -tx1
#### sort basics
printf 'b\na\nC\nA\n' > f; sort f; sort -f f; sort -r f; sort -u f; sort -fu f; sort -c f; echo $?; sort f | sort -c; echo $?; sort -C f; echo $?; sort -o f f; cat f
#### sort numeric
printf '10\n9\n-1\n1.5\nabc\n+3\n 2\n' > f; sort -n f; sort -g f; sort -rn f; printf '1K\n1M\n2\n1G\n3K\n' | sort -h; printf '1e3\n5e2\nnan\ninf\n-inf\n1\n' | sort -g
#### sort keys
printf 'a 3 x\nb 1 y\nc 2 x\n' > f; sort -k2 f; sort -k2,2n f; sort -k3,3 -k2,2nr f; sort -k3,3 -s f; sort -t' ' -k3 f; sort -k 1.1,1.1r f; sort -k2nr f; printf 'x:10:a\ny:9:b\n' | sort -t: -k2,2n; printf 'ab2\naa3\nac1\n' | sort -k1.3
#### sort key blanks
printf 'a  z\nb y\nc   x\n' | sort -k2; printf 'a  z\nb y\nc   x\n' | sort -bk2; printf 'a  z\nb y\nc   x\n' | sort -k2b,2; printf ' b\na\n  c\n' | sort; printf ' b\na\n  c\n' | sort -b
#### sort unique keys
printf 'a 1\nb 1\nc 2\n' | sort -u -k2,2; printf 'A\na\nb\n' | sort -uf; printf '1\n01\n2\n' | sort -nu
#### sort merge check
seq 1 2 5 > a; seq 2 2 6 > b; sort -m a b; sort -m -r a b | head -2; printf '1\n3\n2\n' | sort -c; echo $?; printf '1\n1\n' | sort -cu; echo $?
#### sort month dictionary
printf 'Mar\njan\nDEC\nxyz\n' | sort -M; printf 'a-b\nab\na_c\n' | sort -d; printf 'a\001b\nab\n' | sort -i | od -c | head -3; printf 'a.2\na.10\n' | sort -V; printf 'x\0b\0' | sort -z | tr '\0' '|'
#### sort stable
printf 'b 1\na 1\nb 0\n' | sort -s -k2,2; printf 'b 1\na 1\nb 0\n' | sort -k2,2; printf 'a\nB\nb\nA\n' | sort -f; printf 'a\nB\nb\nA\n' | sort -sf
#### sort errors
sort nosuch; echo $?; sort -k 0 /dev/null; echo $?; sort -t ab /dev/null; echo $?; sort -Z; echo $?; sort -k x /dev/null; echo $?; mkdir d; sort d; echo $?; sort -o nosuch/x /dev/null; echo $?; sort -n -M /dev/null; echo $?; sort -c a b; echo $?
#### sort empty and blank lines
printf '\nb\n\na\n' | sort; printf 'no newline\na' | sort; : | sort | wc -c; sort --parallel=2 -S 1M /dev/null; echo $?
#### uniq
printf 'a\na\nb\nA\n' > f; uniq f; uniq -c f; uniq -d f; uniq -u f; uniq -i f; uniq -D f; uniq -ci f; uniq f out; cat out; printf 'x 1\ny 1\n' | uniq -f 1; printf 'ab\ncb\n' | uniq -s 1; printf 'abx\naby\n' | uniq -w 2; uniq --group f; uniq --all-repeated=separate f; uniq nosuch; echo $?; uniq -z /dev/null; uniq -f x; echo $?; uniq -cD f; echo $?
#### comm
printf 'a\nb\nc\n' > x; printf 'b\nc\nd\n' > y; comm x y; comm -1 x y; comm -23 x y; comm -12 x y; comm -3 x y; comm --output-delimiter=: x y; comm --total x y; printf 'b\na\n' > z; comm z x; echo $?; comm --nocheck-order z x; comm x; echo $?; comm x nosuch; echo $?; comm - x < y
#### join
printf '1 a\n2 b\n3 c\n' > x; printf '1 X\n3 Z\n4 W\n' > y; join x y; join -a 1 x y; join -a 2 x y; join -v 1 x y; join -v 2 x y; join -o 1.2,2.2 x y; join -o 0,1.2,2.2 -a1 -a2 -e NONE x y; join -1 2 -2 2 x y; printf 'k:1\n' > p; printf 'k:2\n' > q; join -t : p q; join -j 1 x y; join -i x y | head -1; join -o auto -a1 x y; join x; echo $?; join x nosuch; echo $?; join --header x y
#### join order
printf '2 a\n1 b\n' > x; printf '1 X\n2 Y\n' > y; join x y; echo $?; join --nocheck-order x y; join --check-order x y; echo $?; printf '1 a\n1 b\n' > p; printf '1 c\n1 d\n' > q; join p q
#### tsort
printf 'a b\nb c\nd c\n' | tsort; printf 'a b b a\n' | tsort >/dev/null; echo $?; printf 'a\n' | tsort; echo $?; tsort nosuch; echo $?; printf 'a a\nb b\n' | tsort
#### seq forms
seq 3; seq 2 4; seq 1 2 6; seq 5 -2 1; seq 3 1; seq -s, 5; seq -w 8 11; seq 1 0.5 2; seq -f '%03g' 2; seq -f 'x%.2fy' 1 0.25 1.5; seq 0.1 0.1 0.3; seq -2 2; seq 1e2 102; seq -w -5 5 5; seq 1.0 3; seq -s '' 3; seq 10 -5 -1
#### seq errors
seq; echo $?; seq x; echo $?; seq 1 0 5; echo $?; seq 1 2 3 4; echo $?; seq -f '%d' 3; echo $?; seq -f 'x' 3; echo $?; seq -f '%g%g' 3; echo $?; seq -w -f %g 3; echo $?; seq ''; echo $?; seq nan; echo $?
#### seq big
seq 99999999999999999997 99999999999999999999; seq 1000000 1000002; seq 0xff 0x101; seq 9007199254740992 9007199254740994; seq 1000000000 1000000000 3000000000; seq 1.5e1
#### od formats
printf 'AB\nC\0\377' > f; od f; od -c f; od -x f; od -An -tx1 f; od -b f; od -An -td2 f; od -A x -t x1z f; od -j 2 -N 2 -c f; od -An -tu1 f; od -An -to1 -tx1 f; od -d f; od -t a f; od -w4 -tx1 f; od -A d -c f; od -An -td1 f; od -s f
#### od repeats
head -c 100 /dev/zero | od; head -c 100 /dev/zero | od -v | wc -l; head -c 40 /dev/zero | od -An -tx4; printf '\0\0\200\77' | od -An -tf4; printf '\0\0\0\0\0\0\360\77' | od -An -tf8; od nosuch; echo $?; od -t q /dev/null; echo $?; od -A q /dev/null; echo $?; printf abcdefgh | od -An -tx8; printf abcdefgh | od -An -td8 -tu4
#### od offsets
printf abcdefghijklmnopqrstuvwxyz > f; od -c f +10; od -N 0 f; od -j 100 f; echo $?; od -c -j 0x10 f; cat f f | od -c -w8 | head -3; od -An -c f f | tail -1; od --endian=big -An -tx2 f | head -1
#### base64
printf 'hello world' | base64; printf 'hello world' | base64 | base64 -d; echo; head -c 100 /dev/zero | base64; head -c 60 /dev/zero | base64 -w 20; head -c 100 /dev/zero | base64 -w 0; echo; printf 'aGVs bG8=' | base64 -d; echo $?; printf 'aGVs bG8=' | base64 -di; echo; printf 'aGVsbG8' | base64 -d; echo $?; base64 nosuch; echo $?; printf '' | base64; printf '\377\376' | base64
#### checksums
printf abc > f; md5sum f; sha1sum f; sha224sum f; sha256sum f; sha384sum f; sha512sum f; cksum f; md5sum < f; md5sum --tag f; md5sum -b f; sha256sum -z f | od -c | tail -3; cksum < f; md5sum f nosuch; echo $?
#### checksum verify
printf abc > f; printf d > g; md5sum f g > sums; md5sum -c sums; echo x > g; md5sum -c sums; echo $?; md5sum -c --quiet sums; md5sum --status -c sums; echo $?; rm g; md5sum -c sums; echo $?; md5sum --ignore-missing -c sums; echo $?; echo junk > bad; md5sum -c bad; echo $?; echo junk >> sums; md5sum -c -w sums; md5sum --strict -c sums; echo $?; md5sum -c nosuch; echo $?
#### checksum tags
printf abc > f; sha256sum --tag f > t; cat t; sha256sum -c t; printf 'a\nb' > "$(printf 'n\nl')"; md5sum n*
#### shuffle free order
seq 5 | sort -R | sort -n
#### printf command
env printf '%s %d %x\n' a 10 255; env printf '%5s|%-5s|%05d\n' a b 3; env printf '%c%c\n' abc def; env printf '%b' 'a\tb\n'; env printf '%.3f %e %g\n' 3.14159 31415.9 0.00001; env printf '%s\n' a b c; env printf '%%\n'; env printf 'x\101\x41\u00e9\n'; env printf '%i\n' 0x1f 010; env printf '%*d|%.*f\n' 5 3 2 1.239; env printf; echo $?; env printf '%d\n' abc; echo $?; env printf '%z'; echo $?; env printf '%d\n' "'A"; env printf '%s'; env printf 'a\cb'; echo
#### echo command
env echo -n a; env echo b; env echo -e 'a\tb\x41'; env echo -E 'a\tb'; env echo -ne 'x\n'; env echo -- x; env echo -z; env echo -e 'a\cb'; echo; env echo --help | head -1 | cut -c1-6
#### yes head
yes | head -n 2; yes a b | head -n 2; yes '' | head -n 2 | wc -c; yes --bad; echo $?
#### grep options
printf 'one\ntwo\nthree\nTwo\n' > f; grep two f; grep -i two f; grep -v o f; grep -c o f; grep -n t f; grep -l t f; grep -L t f; grep -o 't.' f; grep -w two f; grep -x two f; grep -q two f; echo $?; grep zzz f; echo $?; grep -s x nosuch; echo $?; grep x nosuch; echo $?
#### grep several files
echo apple > a; echo banana > b; grep a a b; grep -h a a b; grep -H a a; grep -c a a b; grep -l n a b; grep -L n a b; cat a | grep -H a; cat a | grep --label=in -H a; grep -r an .; grep -rh an . ; grep -rl a . | sort; grep a a nosuch b; echo $?
#### grep context
seq 10 > f; grep -A 1 5 f; grep -B 1 5 f; grep -C 1 5 f; grep -n -C 1 5 f; grep -A 1 -e 2 -e 5 f; grep -1 5 f; grep --no-group-separator -A 1 -e 2 -e 8 f; grep --group-separator=XX -A1 -e 2 -e 8 f; grep -m 1 1 f; grep -m 1 -A 2 1 f; grep -c -m 1 1 f
#### grep patterns
printf 'a.b\nacb\na+b\n(x)\n[y]\n' > f; grep 'a.b' f; grep -F 'a.b' f; grep 'a\.b' f; grep -E 'a(\.|c)b' f; grep 'a\(\.\|c\)b' f; grep -E '\(x\)' f; grep '(x)' f; grep '\[y' f; grep -e a.b -e x f; printf 'acb\nx\n' > p; grep -f p f; grep -F -f p f; grep -E '' f | wc -l; grep -F '' f | wc -l; grep -f /dev/null f; echo $?; printf 'a\nx' | grep -c 'a
x'
#### grep intervals and backrefs
printf 'aa\nab\nabab\naaa\n' > f; grep -E '^a{2}$' f; grep '^a\{2,\}$' f; grep '\(ab\)\1' f; grep -E '^(a|b)\1' f; grep -E 'a{,1}b' f; grep -xE '(ab)+' f; grep -E 'a{4}|ab{1}' f; grep 'a*b\{0\}$' f
#### grep word boundaries
printf 'foo bar\nfoobar\nfoo_bar\n' > f; grep -w foo f; grep '\bfoo\b' f; grep '\<bar' f; grep 'foo\>' f; grep -ow '[a-z_]*' f; grep '\Bbar' f; grep '\w\W' f; grep '\s' f
#### grep classes
printf 'a1\nB2\n  \n-x\n]\n' > f; grep '[[:upper:]]' f; grep '[^[:alnum:]]' f; grep '[]]' f; grep '[a-]' f; grep '^[[:space:]]*$' f | wc -l; grep -e -x f; grep '[[:digit:][:upper:]]' f; grep '[^]]' f | wc -l; grep '[[.-.]]' f
#### grep only matching
printf 'a1b22c333\n' > f; grep -o '[0-9]*' f; grep -on '[0-9]\+' f; grep -ob '[0-9]\+' f; grep -o 'x*' f; echo $?; grep -c '[0-9]' f; grep -b a f; grep -vo a f; echo $?
#### grep binary
printf 'a\0b\nc\n' > f; grep a f; grep -a a f | od -c; grep -c a f; grep -l a f; grep c f; printf 'x\377y\n' | grep x; printf 'x\377y\n' | grep -a y | od -c; grep -I a f; echo $?; grep -z b f | od -c; grep --binary-files=without-match a f; echo $?
#### grep recursive filters
mkdir -p d/e; echo x > d/a.c; echo x > d/b.h; echo x > d/e/c.c; grep -r --include='*.c' x d | sort; grep -r --exclude='*.h' x d | sort; grep -r --exclude-dir=e x d | sort; grep x d; echo $?; grep -d skip x d; echo $?; grep -rc x d | sort; grep -R x d | wc -l; cd d; grep -r x | sort
#### grep color and null
printf 'abc\n' > f; grep --color=always b f | cat -v; grep --color=always -n b f | cat -v; grep -lZ a f | od -c; grep -T -n b f; grep --color=never b f; grep -nH --null b f | od -c | head -2
#### grep errors
grep; echo $?; grep -E '(' /dev/null; echo $?; grep '\(' /dev/null; echo $?; grep '[' /dev/null; echo $?; grep -e; echo $?; grep -Y x; echo $?; grep 'a\{1' /dev/null; echo $?; grep -E 'a{2,1}' /dev/null; echo $?; grep -m x a; echo $?; grep -A x a; echo $?; grep '[[:foo:]]' /dev/null; echo $?; grep '[b-a]' /dev/null; echo $?; grep -f nosuch x; echo $?; grep '\' /dev/null; echo $?; grep -E '*a' /dev/null; echo $?; grep -E 'a**' /dev/null; echo $?; grep '\)' /dev/null; echo $?
#### grep star literals
printf '*a\n^b\na^\n$c\nc$\n' > f; grep '*a' f; grep '^*' f; grep 'a^' f; grep '$c' f; grep 'c\$$' f; grep -E '\^b' f; grep '\(^b\)' f; grep '\(*a\)' f; grep -E '^\^' f; grep 'x\|^a' f
#### grep case unicode
printf 'É\né\nstraße\n' > f; grep -i é f; grep -c '^.$' f; grep -o 'stra.e' f; grep -iw É f | wc -l; grep '[é]' f; grep -i 'STRASSE' f; echo $?
#### egrep fgrep
printf 'a+\naa\n' > f; egrep 'a+$' f 2>/dev/null; fgrep 'a+' f 2>/dev/null
#### grep long lines and last line
printf 'no newline' | grep new; printf '\n\nx' | grep -c '^$'; printf 'x\r\n' | grep -c 'x$'; printf 'a\nb\n' | grep -vc a; printf 'a\n' | grep -n ''; : | grep -c x; echo $?
#### diff formats
printf 'a\nb\nc\nd\n' > x; printf 'a\nB\nc\nd\ne\n' > y; diff x y; echo $?; diff -u --label x --label y x y; diff -c --label x --label y x y; diff -e x y; diff -n x y; diff -q x y; diff -s x x; diff --brief x x; echo $?; diff -U 0 --label x --label y x y; diff -f x y
#### diff whitespace
printf 'a b\n\nC\n' > x; printf 'a  b\nc\n' > y; diff x y; diff -b x y; diff -w x y; diff -B x y; diff -i x y; diff -iBb x y; echo $?; printf 'a\n' > p; printf 'a' > q; diff p q; diff -u --label p --label q p q; printf 'a \n' > r; diff -Z p r; echo $?; diff -E p r; echo $?
#### diff directories
mkdir d e; echo 1 > d/a; echo 2 > e/a; echo x > d/only; echo y > e/new; mkdir d/s; diff d e; echo $?; diff -r d e | head -3; diff -q d e; diff -rN d e | grep -v '^diff'; diff d/a e; diff -x a d e; diff d/a nosuch; echo $?; diff x; echo $?
#### diff binary and stdin
printf 'a\0b' > x; printf 'a\0c' > y; diff x y; echo $?; diff -a x y > /dev/null; echo $?; echo a | diff - x >/dev/null; echo $?; echo a > f; echo a | diff f -; echo $?; echo b | diff -u --label f --label g f -
#### diff context joins
seq 20 > x; sed 's/^3$/three/; s/^12$/twelve/; s/^19$/nineteen/' x > y; diff -u --label x --label y x y; diff -U1 --label x --label y x y; diff x y; diff -C 1 --label x --label y x y; sed 5d x | diff x -; sed '5i\
new' x | diff x -
#### diff function lines
printf 'int f()\n{\n a;\n b;\n c;\n d;\n e;\n}\n' > x; sed 's/ e;/ E;/' x > y; diff -up --label x --label y x y; diff -u -F '^int' --label x --label y x y; diff --normal x y; diff -I 'e' -I 'E' x y; echo $?
#### cmp
printf abc > x; printf abd > y; printf ab > z; cmp x y; echo $?; cmp -s x y; echo $?; cmp -l x y; cmp x z; echo $?; cmp x x; echo $?; cmp -b x y; cmp -n 2 x y; echo $?; cmp -i 1 x y; cmp x nosuch; echo $?; cmp - x < y; cmp x; echo $?; cmp -s x nosuch; echo $?; cmp -lb x y
#### expr arithmetic
expr 1 + 2; expr 7 - 10; expr 3 \* 4; expr 7 / 2; expr -7 / 2; expr 7 % 3; expr -7 % 3; expr \( 1 + 2 \) \* 3; expr 2 + 3 \* 4; expr 99999999999999999999 + 1; expr 0 + 0; echo $?; expr 5 / 0; echo $?; expr a + 1; echo $?; expr 1 +; echo $?; expr; echo $?
#### expr strings
expr abc : 'a\(.\)'; expr abc : abc; expr abc : 'x'; echo $?; expr length hello; expr substr hello 2 3; expr index hello l; expr match abc 'a.'; expr a = a; expr a \< b; expr 10 \< 9; expr abc \> abd; echo $?; expr '' \| b; expr a \& 0; expr + length; expr 0 \| ''; echo $?; expr a != b; expr é : '.*'; expr length é; expr substr hello 9 1; echo $?; expr 1 = 01; expr a '<=' b; expr "a" "b"; echo $?
