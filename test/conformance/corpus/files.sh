#### mkdir p and rmdir
mkdir -p a/b/c; rmdir a/b/c; ls a/b | wc -l; rmdir -p a/b; ls; mkdir x/y 2>/dev/null; echo $?
#### mkdir mode
mkdir -m 700 d; stat -c %a d; mkdir -m u=rwx,g=rx,o= e; stat -c %a e
#### cp file
echo a > f; cp f g; cat g; mkdir d; cp f g d; ls d; cp f d/h; ls d
#### cp recursive
mkdir -p s/t; echo 1 > s/a; echo 2 > s/t/b; cp -r s d; find d | sort; cat d/t/b
#### cp preserve
touch -d '2020-01-02 03:04:05' f; chmod 640 f; cp -p f g; stat -c '%a %Y' g
#### cp directory without r
mkdir d; cp d e; echo $?; ls
#### cp symlink
echo x > f; ln -s f l; cp l a; cp -P l b; test -L a || echo a file; test -L b && echo b link
#### cp onto itself
echo x > f; cp f f; echo $?
#### mv rename
echo a > f; mv f g; cat g; ls; mkdir d; mv g d; ls d
#### mv over
echo a > f; echo b > g; mv f g; cat g; ls
#### mv directory into itself
mkdir d; mv d d/e; echo $?
#### mv many
touch a b c; mkdir d; mv a b c d; ls d; mv nosuch d; echo $?
#### rm
touch a b; rm a; ls; rm nosuch; echo $?; rm -f nosuch; echo $?; mkdir d; rm d; echo $?; rm -r d; ls
#### rm recursive
mkdir -p d/e/f; touch d/x d/e/y; rm -rf d; ls | wc -l
#### ln
echo a > f; ln f g; stat -c %h f; ln -s f s; readlink s; cat s; ln f g; echo $?; ln -sf g s; readlink s
#### ln directory
mkdir d; ln d e; echo $?; ln -s d e; ls -ld e | cut -c1
#### dangling link
ln -s nowhere l; cat l; echo $?; test -e l; echo $?; test -L l; echo $?; ls
#### chmod octal
touch f; for m in 644 755 4755 1777 000; do chmod $m f; stat -c '%a %A' f; done
#### chmod symbolic
touch f; chmod 600 f; for m in u+x g=rw o+r a-r ug+w +X a=rx,u+w g-x,o=; do chmod $m f; stat -c %a f; done
#### chmod recursive
mkdir -p d/e; touch d/f; chmod -R u=rwX,go=rX d; stat -c '%a %n' d d/e d/f
#### chown numeric
touch f; chown 1000:1000 f; stat -c '%u %g' f; chown 0 f; stat -c '%u %g' f; chown :5 f; stat -c '%u %g' f
#### touch times
touch -t 202001020304.05 f; stat -c %Y f; touch -d @1234567890 f; stat -c %Y f; touch -c nosuch; ls; touch -r f g; stat -c %Y g
#### touch only access
touch -d @1000 f; touch -a -d @2000 f; stat -c '%X %Y' f
#### stat format
printf hello > f; chmod 640 f; stat -c '%n %s %a %F %h' f; mkdir d; stat -c '%F' d; ln -s f l; stat -c '%F %N' l
#### readlink f
mkdir -p a/b; ln -s b a/l; cd a; readlink l; test "$(readlink -f l)" = "$PWD/b" && echo same; readlink b; echo $?
#### realpath
mkdir d; cd d; test "$(realpath ../d/./..)" = "$(dirname $PWD)" && echo ok; realpath --relative-to=. ../x
#### basename dirname
basename /a/b/c.txt .txt; basename /; basename a/; dirname /a/b; dirname a; dirname /; dirname a//b//
#### pwd in deleted
mkdir d; cd d; pwd -P | grep -c /d
#### ls simple
touch b a .h; mkdir d; ls; ls -a; ls -A; ls -1 d; ls nosuch; echo $?
#### ls sort
touch -d @100 a; touch -d @300 b; touch -d @200 c; ls -t; ls -tr; printf 1234 > a; printf 12 > b; ls -S; ls -r
#### ls long
printf abc > f; chmod 644 f; chown 0:0 f; touch -d '2020-01-02 03:04' f; ls -l f
#### ls F and p
mkdir d; touch x; chmod +x x; ln -s x l; mkfifo p; ls -F; ls -p
#### ls recursive
mkdir -p a/b; touch a/f a/b/g; ls -R
#### ls directory itself
mkdir d; touch d/f; ls -d d; ls d d
#### ls inode links
touch a; ln a b; set -- $(ls -i a b); [ $1 = $3 ] && echo same
#### ls human
head -c 2048 /dev/zero > f; ls -sh f >/dev/null; ls -lh f | awk '{print $5}'
#### ls Q and q
touch 'a b'; ls -Q; ls -m; ls -x
#### find names
mkdir -p a/b; touch a/x.c a/b/y.c a/z.h; find a -name '*.c' | sort; find a -type d | sort; find . -maxdepth 1 | sort
#### find exec
touch a b; find . -type f -exec echo got {} \; | sort; find . -type f -exec echo {} + | tr ' ' '\n' | sort
#### find logic
touch a.c b.h c.o; find . -type f ! -name '*.o' | sort; find . \( -name '*.c' -o -name '*.h' \) | sort
#### find size and empty
touch e; head -c 2000 /dev/zero > big; find . -type f -empty; find . -type f -size +1; find . -size -1k -type f
#### find prune
mkdir -p skip/x keep; touch skip/f keep/g; find . -name skip -prune -o -type f -print
#### find print0 xargs
touch 'a b' c; find . -type f -print0 | xargs -0 -n1 echo | sort
#### find newer
touch -d @1000 old; touch -d @2000 ref; touch -d @3000 new; find . -newer ref -type f
#### find perm
touch a b; chmod 755 a; chmod 600 b; find . -type f -perm 755; find . -type f -perm -100; find . -type f -perm /022
#### find delete
mkdir d; touch d/a d/b; find d -type f -delete; ls d; find d -delete; ls
#### find printf
printf abc > f; find . -name f -printf '%f %s %d %p %h\n'
#### find errors
find nosuch; echo $?; find . -badopt; echo $?
#### xargs
echo a b c | xargs echo; echo a b c | xargs -n1 echo; printf 'x\ny\n' | xargs -I{} echo '<{}>'; echo | xargs echo none; echo | xargs -r echo none
#### xargs quotes
echo "a 'b c' \"d e\" f\\ g" | xargs -n1 echo
#### xargs status
echo 1 | xargs sh -c 'exit 3'; echo $?; echo x | xargs nosuchcmd; echo $?
#### du
mkdir d; head -c 10000 /dev/zero > d/f; du -b d/f; du --apparent-size -b d/f | cut -f1
#### df runs
df . | wc -l; df -P / | head -1 | tr -s ' '
#### tee
echo x | tee a b; cat a b; echo y | tee -a a > /dev/null; cat a
#### mktemp
f=$(mktemp); test -f $f && echo file; d=$(mktemp -d); test -d $d && echo dir; mktemp ./x.XXXXXX | grep -c '^./x\.......$'; rm -r $f $d
#### mkfifo transfer
mkfifo p; echo through > p & cat p; wait; stat -c %F p
#### truncate
echo hello > f; truncate -s 3 f; cat f; echo; truncate -s 10 f; wc -c < f
#### sparse
truncate -s 1000000 f; stat -c %s f; dd if=/dev/zero of=g bs=1 count=1 seek=4095 2>/dev/null; stat -c %s g
#### dd
printf abcdefghij > f; dd if=f bs=2 skip=1 count=2 2>/dev/null; echo; dd if=f of=g bs=3 2>/dev/null; cat g; echo
#### dd conv
echo abc | dd conv=ucase 2>/dev/null; printf ab > f; printf X | dd of=f conv=notrunc bs=1 seek=1 2>/dev/null; cat f; echo
#### split
seq 10 > f; split -l 4 f; ls x*; cat xaa; split -b 5 f part_; cat part_* | cmp - f && echo same
#### split numeric
seq 6 > f; split -l 2 -d f n; ls n*
#### checksums
printf abc | md5sum; printf abc | sha1sum; printf abc | sha256sum; printf abc | cksum; printf abc > f; sha256sum f > s; sha256sum -c s
#### base64
printf 'hello world' | base64; echo aGVsbG8= | base64 -d; echo; head -c 100 /dev/zero | base64 -w 20
#### gzip
echo data > f; gzip f; ls; gunzip f.gz; cat f; gzip -c f | gunzip -c; gzip -k f; ls; zcat f.gz
#### gzip bad
echo notgzip > f.gz; gunzip f.gz; echo $?
#### tar
mkdir d; echo 1 > d/a; ln -s a d/l; tar cf t.tar d; tar tf t.tar | sort; rm -r d; tar xf t.tar; cat d/l; tar czf t.tgz d; tar tzf t.tgz | sort
#### tar C and strip
mkdir -p a/b; echo x > a/b/f; tar cf t -C a b; mkdir o; tar xf t -C o --strip-components=1; ls o
#### unlink while open
echo keep > f; exec 3< f; rm f; cat <&3; exec 3<&-; ls
#### append interleave
for i in 1 2 3; do echo $i >> f; done; (echo a >> f; echo b >> f); cat f
#### permissions root
echo x > f; chmod 000 f; cat f; mkdir d; chmod 000 d; touch d/g && echo root may
#### sticky and setgid display
mkdir d; chmod 1777 d; ls -ld d | cut -c1-10; chmod 2755 d; ls -ld d | cut -c1-10; touch f; chmod 4644 f; ls -l f | cut -c1-10
#### long names
n=$(printf '%0255d' 0); touch $n && ls | wc -c; touch ${n}1 2>/dev/null; echo $?
#### deep path
p=.; for i in 1 2 3 4 5 6 7 8 9; do p=$p/d$i; mkdir $p; done; find . | wc -l
#### dot dot
mkdir -p a/b; cd a/b/../..; ls; cat a/../nosuch 2>/dev/null; echo $?
#### trailing slash
touch f; cat f/; echo $?; mkdir d/; ls -d d/
#### symlink loop
ln -s b a; ln -s a b; cat a; echo $?
#### symlink to directory
mkdir -p d/e; ln -s d l; ls l; ls -d l/; touch l/f; ls d
#### link across directories
mkdir a b; echo x > a/f; ln a/f b/g; rm a/f; cat b/g
#### rename over open
echo old > f; exec 3< f; echo new > g; mv g f; cat <&3; cat f
#### many files
i=0; while [ $i -lt 200 ]; do : > f$i; i=$((i+1)); done; ls | wc -l; rm f*; ls | wc -l
#### date
date -d @0 +%Y-%m-%dT%H:%M:%S; date -u -d '2024-02-29 12:00' +'%a %b %e %j %U %s'; date -d '2024-01-31 +1 month' +%F
#### env
env A=1 sh -c 'echo $A'; env -u HOME sh -c 'echo ${HOME-none}'; A=2 env | grep '^A='
#### id
id -u; id -un; whoami; id -g
#### seq
seq 3; seq 2 4; seq 1 2 7; seq -w 8 10; seq -s, 3; seq 3 1; seq 3 -1 1; seq 0.5 0.5 2; seq -f '%03g' 2
#### sleep fraction
sleep 0.01; echo $?; sleep abc; echo $?
#### timeout
timeout 0.2 sleep 5; echo $?; timeout 5 true; echo $?; timeout 5 sh -c 'exit 3'; echo $?
#### nice
nice -n 5 nice; nice true; echo $?
#### nohup
nohup echo hi 2>/dev/null; echo $?
#### uname
uname -s | grep -c .; uname -z 2>/dev/null; echo $?
#### yes arguments
yes a b | head -2
#### cat options
printf 'a\n\n\nb\tc\n' | cat -n; printf 'a\n\n\nb\tc\n' | cat -sA; printf 'a\nb\n' | cat -b -E
#### cat several
echo 1 > a; echo 2 > b; cat a - b < a; cat nosuch a; echo $?
#### which
which ls | grep -c ls; which nosuch; echo $?
#### printf to full device
echo x > /dev/full; echo $?
#### zero device
head -c 5 /dev/zero | od -An -tx1; head -c 4 /dev/urandom | wc -c
#### shebang nested
printf '#!/bin/sh\necho one; ./two\n' > one; printf '#!/bin/sh\necho two $0\n' > two; chmod +x one two; ./one
#### kill a child
sleep 30 & kill $!; wait $!; echo $?
#### ps shows itself
ps -e | grep -c 'ps' | grep -q '^[1-9]' && echo yes
#### time format
sh -c 'command time -p true' 2>&1 | grep -c .
