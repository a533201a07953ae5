#### applets in the shell
echo hello | busybox wc -c
busybox seq 1 10 | busybox awk '{ s += $1 } END { print s }'
busybox printf '%s %d\n' x 5
busybox expr 6 '*' 7

#### text
printf 'b 2\na 1\nc 3\n' > t; busybox sort t; busybox grep -n a t; busybox sed 's/\([a-z]\) \([0-9]\)/\2\1/' t
busybox cut -d' ' -f2 t; busybox tr a-c A-C < t; busybox head -1 t; busybox tail -1 t; busybox uniq -c t

#### files
busybox mkdir -p d/e; busybox touch d/f; busybox cp d/f d/g; busybox mv d/g d/h; busybox ln -s f d/l; busybox ls d
busybox find d | busybox sort; busybox rm -r d; busybox test -e d; echo $?
busybox stat -c '%F %s %a' t 2>/dev/null

#### sums
printf abc > t; busybox md5sum t; busybox sha1sum t; busybox sha256sum t; busybox sha512sum t | busybox cut -c1-20; busybox cksum t; busybox crc32 t

#### archives
busybox seq 1 5000 > t; busybox gzip -c t > t.gz; busybox gzip -dc t.gz | busybox md5sum; busybox bzip2 -c t | busybox bunzip2 -c | busybox md5sum
busybox tar cf a.tar t; busybox tar tf a.tar; busybox xxd t | busybox head -2

#### awk programs
busybox awk 'BEGIN { for (i = 0; i < 20000; i++) s += i * i % 7; print s; printf "%.3f %s\n", atan2(1, 1), substr("hello", 2, 3); print toupper("x") length("abc"); split("a:b:c", p, ":"); print p[2] }'

#### dc and bc
echo '2 100 ^ p' | busybox dc
echo 'scale=20; 4*a(1)' | busybox bc -l

#### diff and patch
busybox seq 1 5 > a; busybox seq 2 6 > b; busybox diff a b; busybox cmp a b; echo $?
