#### numbers
seq 1 3 10; seq -s, 5; expr 7 + 8; factor 360 97 1000003; numfmt --to=iec 1048576 1500000
#### text
printf 'the quick\nbrown fox\njumps over\nthe lazy\ndog\n' > t
sort t; sort -k2 t; wc t; nl t; tac t; rev t 2>/dev/null || true; fold -w 5 t | head -3; pr -t t | head -2; fmt -w 20 t
cut -c2-5 t; paste -s -d, t; tr -cs a-z '\n' < t | sort | uniq -c | sort -rn | head -2; expand t | head -1; shuf -n 0 t
join <(true) t 2>/dev/null; comm -12 t t | head -1; split -l 2 t part; ls part*; csplit -s t 3; cat xx00
#### sums
printf 'hello' > f; md5sum f; sha1sum f; sha224sum f; sha256sum f; sha384sum f | cut -c1-40; sha512sum f | cut -c1-40; b2sum f | cut -c1-40; cksum f; sum f
base64 f; base32 f; base64 -d <<E
aGVsbG8=
E
echo; od -c f; od -An -tx1 f
#### files
mkdir -p a/b; touch a/f; echo data > a/b/g; cp -r a c; mv c d; ln a/f a/hard; ln -s f a/soft; ls -1R a d
stat -c '%n %F %s %h %a' a/f a/soft a/b/g; du --apparent-size -b a/b/g | cut -f1; readlink a/soft; realpath a/soft | sed 's/.*\///'
chmod 640 a/f; chmod u+x,g-r a/f; stat -c %A a/f; rm -r d; ls; install -m 700 a/b/g inst; stat -c %a inst; truncate -s 100 tr; wc -c < tr
dd if=tr of=tr2 bs=10 count=3 2>/dev/null; wc -c < tr2; mktemp -u XXXX | wc -c; test -h a/soft && echo link; tee x y < a/b/g; cat x y
#### dates and environment
date -u -d '2001-02-03 04:05:06' '+%s %j %A %V'; date -u -d @0 -Iseconds; env -i X=1 env; printenv HOME; basename /a/b.c .c; dirname /a/b; pathchk ok; nproc > /dev/null && echo nproc; uname -m; id -u; whoami; tty; echo $?
#### processes
timeout 0.2 sleep 5; echo $?; nice -n 5 nice; nohup true 2>/dev/null; echo $?; timeout 5 true; echo $?; sleep 0.05; echo slept; stdbuf -o0 echo unbuffered; env false; echo $?; kill -l 9; kill -l TERM
#### large
seq 1 100000 | sort -R --random-source=/dev/zero | sort -n | md5sum; head -c 1000000 /dev/zero | md5sum; seq 1 20000 | sort -k1.2 | tail -1; yes | head -c 100000 | wc -l
#### tar, gzip, grep, sed, find, diff, awk
mkdir s; for i in 1 2 3; do seq 1 $((i * 100)) > s/$i; done
tar cf s.tar s; tar tf s.tar | sort; mkdir x; tar xf s.tar -C x; diff -r s x/s && echo same; gzip -9 < s.tar | gzip -d | cmp - s.tar && echo cmp
grep -c 7 s/3; grep -E '^(1|2)5$' s/2; sed -n '5,7p;$=' s/1; sed -e 's/1/one/g;t;d' s/1 | head -3; find s -type f -size +0 | sort; find s -name '[12]' -exec wc -l {} + | tail -1
mawk '{ a[$1 % 3] += $1 } END { for (i = 0; i < 3; i++) print i, a[i] }' s/3; diff s/1 s/2 | tail -1; echo a-b | mawk -F- '{ print $2, $1, NF }'; ls s | xargs -n 2 echo
