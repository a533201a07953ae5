#### seq with leading zeros
seq -w 008 011; seq -w 3 -1 01; seq -w 0.5 .25 01
#### seq and negative zero
seq -0.0 -0.5 -1; seq -0 1
#### od spellings
printf 'abcdefgh' | od -X; printf 'abcdefgh' | od -D; printf 'abcdefgh' | od -O; printf 'abcdefgh' | od -L; printf '\0\0\200\77' | od -f
#### diff of context options
seq 5 > a; seq 2 6 > b; diff -U 0 --label x --label y a b; diff -U1 --label x --label y a b; diff --unified=1 -L x -L y a b | wc -l; diff - - < a; echo $?
#### diff of links
echo a > a; echo b > b; ln -s a l; ln -s b m; diff --no-dereference l m; diff -q --no-dereference a l; diff l m
#### diff of unlike things
mkdir d e; mkfifo d/f; echo x > e/f; diff -r d e; echo $?
#### diff of a directory with a slash
mkdir d e; echo 1 > d/f; echo 2 > e/f; diff -r d/ e// | head -1
#### diff of very unlike files
seq 20000 > a; seq 1 4 20000 > b; diff a b | wc -l
#### grep -r of one file
mkdir d; echo hit > d/f; grep -r hit d/f; grep -r hit d; grep -rH hit d/f
#### wc of wide characters
printf '漢字\nabc\n' | wc -L; printf 'e\314\201\n' | wc -L; printf 'a\tb\n' | wc -L
#### printf out of range
printf '%d\n' 99999999999999999999 2>/dev/null; echo $?; printf '%u\n' 18446744073709551615; printf '%x\n' -1; printf '%i|%5.1f|%-6s|%+d\n' 010 2.25 ab 7
#### printf rounds to even
env printf '%.0f %.0f %.1f %.2e\n' 0.5 1.5 0.25 12345; env printf '[%08.3f] [%-8x] [%#o] [%g]\n' 3.14159 255 8 1e-10
#### sort options that exclude one another
sort -c -C </dev/null 2>/dev/null; echo $?; sort -c -o x </dev/null 2>/dev/null; echo $?
#### tr with counted repeats
echo abbbc | tr 'a[b*2]c' 'x[y*2]z'; echo abc | tr 'a-c' '[x*]'
#### factor
factor 1 2 12 97 1001 1000000007 600851475143; echo '6 35' | factor; factor x 2>/dev/null; echo $?
#### shuf
seq 20 | shuf | sort -n | paste -sd,; shuf -i 5-5; shuf -n 2 -e a b c | wc -l; seq 3 | shuf -n 0; shuf -r -n 4 -e z
#### printenv
A=1 B=2 printenv A B; printenv NOT_THERE; echo $?
#### link and unlink
echo x > a; link a b; cat b; unlink a; ls; unlink a 2>/dev/null; echo $?
#### install
echo x > a; install -m 600 a b; stat -c '%a' b; install -D a d/e/c; cat d/e/c; install -d -m 700 p/q; stat -c '%a' p p/q; install a nowhere/x 2>/dev/null; echo $?; install a b d; ls d
#### basename of words with a dash
basename a-z -z; basename -s .c x.c y.c
#### unified diff of an empty file
: > a; seq 2 > b; diff -u -L a -L b a b
