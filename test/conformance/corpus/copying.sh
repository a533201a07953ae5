#### cp several into directory
touch a b; mkdir d; cp a b d; ls d; cp a b nosuch; echo $?; cp a b a; echo $?
#### cp target option
touch a b; mkdir d; cp -t d a b; ls d; cp -T a c; ls; cp -T a d; echo $?
#### cp missing operand
cp; echo $?; cp a; echo $?; cp -t; echo $?
#### cp missing source
cp nosuch x; echo $?; touch a; mkdir d; cp a nosuch d; echo $?; ls d
#### cp verbose
echo 1 > a; mkdir d; cp -v a b; cp -v a b d; cp -rv d e
#### cp no clobber update
echo 1 > a; echo 2 > b; cp -n a b; cat b; touch -d @100 a; touch -d @200 b; cp -u a b; cat b; touch -d @300 a; cp -u a b; cat b
#### cp force
echo 1 > a; echo 2 > b; chmod 000 b; cp -f a b; cat b; stat -c %a b
#### cp remove destination
echo 1 > a; echo 2 > b; ln b c; cp --remove-destination a b; cat b c
#### cp hard link
echo 1 > a; cp -l a b; test a -ef b && echo same; cp -s a c; readlink c; mkdir d; cp -s a d/c; echo $?
#### cp backup
echo 1 > a; echo 2 > b; cp -b a b; cat b b~; echo 3 > a; cp --backup=numbered a b; ls; cp -b -S .old a b; ls
#### cp backup simple kinds
echo 1 > a; echo 2 > b; cp --backup=t a b; cp --backup=existing a b; cp --backup=simple a b; ls
#### cp parents
mkdir -p x/y t; echo 1 > x/y/f; cp --parents x/y/f t; find t | sort
#### cp archive keeps
mkdir s; echo 1 > s/f; ln s/f s/g; ln -s f s/l; chmod 700 s; touch -d @1000 s/f; mkfifo s/p; cp -a s t; test t/f -ef t/g && echo linked; readlink t/l; stat -c '%a %F' t t/p; stat -c %Y t/f
#### cp dereference
echo 1 > f; ln -s f l; mkdir s; ln -s ../f s/l; cp -r s t; readlink t/l; cp -rL s u; test -L u/l || echo file; cp -d l m; readlink m; cp -H l n; test -L n || echo file; cp -rH l o; test -L o || echo file
#### cp preserve kinds
echo 1 > f; chmod 604 f; touch -d @5000 f; cp --preserve=mode f g; stat -c %a g; cp --preserve=timestamps f h; stat -c %Y h; cp --no-preserve=mode -p f i; stat -c '%a %Y' i; cp --preserve=foo f j; echo $?
#### cp into itself
mkdir d; touch d/f; cp -r d d; echo $?; cp -r d d/e; echo $?; cp -r d/. e; ls e
#### cp trailing slash
touch f; cp f nosuch/; echo $?; mkdir d; cp f d/; ls d; cp d/ e; echo $?; cp -r d/ g; ls g
#### cp directory over file
mkdir d; touch f; cp -r d f; echo $?; mkdir e; mkdir e/d2; touch d2; cp d2 e; echo $?
#### cp file over directory
mkdir -p d/f; touch f; cp f d; echo $?; cp -T f d; echo $?
#### cp same target twice
mkdir a b d; echo 1 > a/f; echo 2 > b/f; cp a/f b/f d; echo $?; cat d/f
#### cp dangling target
ln -s nowhere l; echo 1 > f; cp f l; echo $?; ls; cp l m; echo $?
#### cp interactive
echo 1 > a; echo 2 > b; echo n | cp -i a b 2>/dev/null; cat b; echo y | cp -i a b 2>/dev/null; cat b
#### cp special
mkfifo p; cp -r p q; stat -c %F q; cp /dev/null e; stat -c '%F %s' e
#### cp sparse and attributes only
printf abc > a; printf xy > b; cp --attributes-only a b; cat b; echo; cp --sparse=always a c; cat c; cp --reflink=auto a d; cat d
#### cp bad option
cp -y a b; echo $?; cp --backup=zz a b; echo $?
#### mv several
touch a b c; mkdir d; mv -v a b d; mv -t d c; ls d; mv d/a d/b nosuch; echo $?; mv; echo $?; mv a; echo $?
#### mv no target directory
mkdir d e; mv -T d e; ls; mkdir d; touch e/x; mv -T d e; echo $?; touch f; mv -T f e; echo $?
#### mv clobber options
echo 1 > a; echo 2 > b; mv -n a b; cat b; ls; mv -f a b; cat b; echo 3 > a; touch -d @1 a; mv -u a b; cat b; echo n | mv -i a b 2>/dev/null; cat b
#### mv backup
echo 1 > a; echo 2 > b; mv -b a b; ls; echo 3 > a; mv --backup=numbered a b; ls; cat b b~ b.~1~
#### mv onto itself
echo 1 > a; mv a a; echo $?; ln a b; mv a b; echo $?; ls; ln -s b c; mv b c; echo $?; ls
#### mv dir over file
mkdir d; touch f; mv d f; echo $?; mv f d; ls d; mkdir -p e/f; mv d/f e; echo $?; mkdir x; mkdir -p y/x/z; mv x y; echo $?
#### mv missing
mv nosuch x; echo $?; touch f; mv f nosuch/; echo $?; mv f no/such; echo $?; mv nosuch1 nosuch2 .; echo $?
#### mv symlink
touch f; ln -s f l; mv l m; readlink m; mkdir d; ln -s d dl; mv f dl; ls d; mv dl/ x; echo $?
#### mv dot
mkdir d; mv . d; echo $?; cd d; mv .. x; echo $?
#### mv same name twice
mkdir a b d; echo 1 > a/f; echo 2 > b/f; mv a/f b/f d; echo $?; cat d/f
#### rm prompts
touch a b c; echo n | rm -i a 2>/dev/null; yes | rm -i b 2>/dev/null; ls; printf 'y\n' | rm -I a c 2>/dev/null; ls
#### rm directories
mkdir -p d/e; rm -d d; echo $?; rm -d d/e; ls d; rm d; echo $?; rm -r d; ls; rm -d nosuch; echo $?
#### rm verbose
mkdir -p d/e; touch d/f d/e/g; rm -rv d | sort; touch a; rm -v a
#### rm refused
rm -r .; echo $?; rm -r ..; echo $?; rm -r ./; echo $?; rm -rf /; echo $?; mkdir d; rm -r d/.; echo $?
#### rm nothing
rm; echo $?; rm -f; echo $?; rm -rf nosuch; echo $?; rm ''; echo $?
#### rm dash names
touch -- -x; rm -x; echo $?; rm ./-x; ls; touch -- -y; rm -- -y; ls
#### rm link to directory
mkdir d; touch d/f; ln -s d l; rm l; ls; ln -s d l; rm -r l; ls d; ln -s d l; rm l/; echo $?; rm -r l/ 2>/dev/null; ls d
#### rm unwritable
touch f; chmod 000 f; rm -f f; ls; mkdir d; touch d/f; chmod 000 d; rm -rf d; ls
#### rm many missing
touch b; rm a b c; echo $?; ls
#### rm not a directory
touch f; rm f/x; echo $?; rm -f f/x; echo $?; rm -rf f/x; echo $?
#### rm bad interactive word
touch f; rm --interactive=never f; ls; touch f; rm --interactive=foo f; echo $?; rm --interactive=always f </dev/null 2>/dev/null; ls
#### rmdir options
mkdir -p a/b/c; rmdir a; echo $?; rmdir --ignore-fail-on-non-empty a; echo $?; rmdir -pv a/b/c; ls; rmdir nosuch; echo $?; touch f; rmdir f; echo $?; rmdir; echo $?
#### rmdir trailing
mkdir d; rmdir d/; ls; mkdir -p d/e; rmdir -p d/e/; ls; mkdir d; ln -s d l; rmdir l; echo $?; rmdir .; echo $?
#### mkdir errors
mkdir d; mkdir d; echo $?; mkdir -p d; echo $?; touch f; mkdir f; echo $?; mkdir -p f; echo $?; mkdir -p f/x; echo $?; mkdir x/y; echo $?; mkdir; echo $?; mkdir -m 9 z; echo $?
#### mkdir verbose
mkdir -pv a/b; mkdir -v c; mkdir -pv a/b/d
#### mkdir parents mode
umask 027; mkdir -p -m 711 x/y; stat -c '%a' x x/y; mkdir -m g-r t; stat -c %a t; mkdir -m 1777 u; stat -c %a u
#### ln forms
echo 1 > f; mkdir d; ln f d; ls d; ln -s ../f d/l; cat d/l; ln f f; echo $?; ln nosuch x; echo $?; ln; echo $?; ln -s a b c; echo $?
#### ln symbolic options
ln -s nowhere l; ln -s other l; echo $?; ln -sf other l; readlink l; mkdir d; ln -s d dl; ln -sf x dl; ls d; ln -sfn x dl; readlink dl; ln -sT y dl; echo $?
#### ln verbose
touch f; ln -v f g; ln -sv f h; ln -sfv g h
#### ln relative
mkdir -p a/b; touch a/f; ln -sr a/f a/b/l; readlink a/b/l; ln -sr a x; readlink x
#### ln to link
touch f; ln -s f l; ln l m; test -L m && echo link; ln -L l n; test -L n || echo file; ln -P l o; readlink o
#### ln backup
echo 1 > a; echo 2 > b; ln -b a b; cat b b~; ln -s -S.s --backup a b; ls
#### ln target dir
touch a b; mkdir d; ln -t d a b; ls d; ln -s ../a ../b d; echo $?; ln a b nosuch; echo $?
#### ln interactive
touch a b; echo n | ln -i a b 2>/dev/null; test a -ef b; echo $?; echo y | ln -i a b 2>/dev/null; test a -ef b; echo $?
#### link directory
mkdir d; ln d e; echo $?; ln -s d e && ls -d e; ln -s x ''; echo $?
#### chmod report
touch f; chmod 644 f; chmod -v 600 f; chmod -v 600 f; chmod -c 600 f; chmod -c 644 f; chmod -v u+x f
#### chmod errors
touch f; chmod 999 f; echo $?; chmod; echo $?; chmod 644; echo $?; chmod 644 nosuch; echo $?; chmod -f 644 nosuch; echo $?; chmod u+z f; echo $?; chmod 12345670 f; echo $?
#### chmod reference
touch a b; chmod 741 a; chmod --reference=a b; stat -c %a b; chmod --reference=nosuch b; echo $?
#### chmod clauses
touch f; for m in a=r u+w,g+w o=u g=o ug=rwx,o= -x +w =r u+s g+s o+t a-s -t ugo+X a=X 'u=rw,go=' ; do chmod "$m" f; stat -c '%a %A' f; done
#### chmod dash modes
touch f; chmod 777 f; chmod -w f; stat -c %a f; chmod -rx f; stat -c %a f; chmod -- -w f; echo $?; chmod u-w,-x f; stat -c %a f
#### chmod umask
umask 022; touch f; chmod 000 f; chmod +rwx f; stat -c %a f; umask 077; chmod =rwx f; stat -c %a f; chmod -- -rwx f; echo $?; stat -c %a f
#### chmod link dangling
ln -s nowhere l; chmod 600 l; echo $?; mkdir d; touch d/f; ln -s f d/l; chmod -R 600 d; stat -c %a d/f
#### chmod directory special bits
mkdir d; chmod 2755 d; chmod 755 d; stat -c %a d; chmod 00755 d; stat -c %a d; chmod u=rwx,g=rx d; stat -c %a d; chmod =4755 d; stat -c %a d
#### chown forms
touch f; chown 1:2 f; stat -c '%u:%g' f; chown 3 f; stat -c '%u:%g' f; chown :4 f; stat -c '%u:%g' f; chown daemon: f; stat -c '%U:%G' f; chown root:root f; stat -c '%U:%G' f; chgrp 7 f; stat -c %g f
#### chown report
touch f; chown 0:0 f; chown -v 1 f; chown -c 1 f; chown -c 2:1 f; chgrp -v 1 f
#### chown errors
touch f; chown nosuchuser f; echo $?; chown :nosuchgroup f; echo $?; chown; echo $?; chown 1; echo $?; chown 1 nosuch; echo $?; chgrp zzz f; echo $?
#### chown recursive links
mkdir d; touch d/f g; ln -s ../g d/l; chown -R 5 d; stat -c %u d d/f g; stat -c %u d/l; chown -h 6 d/l; stat -c '%u' d/l g; chown -RL 8 d; stat -c %u g
#### chown from reference
touch a b; chown 1:1 a; chown --from=0 5 a b; stat -c %u a b; chown --reference=a b; stat -c '%u %g' b
#### touch options
touch -c nosuch; echo $?; ls; touch a b; ls; touch; echo $?; touch nosuch/x; echo $?; touch -t 12 x; echo $?; touch -d nonsense x; echo $?; touch -h -d @5 a; stat -c %Y a
#### touch stamps
TZ=UTC; for t in 202001020304 202001020304.05 2001020304 01020304.00; do touch -t $t f && stat -c %y f | cut -c5-19; done
#### touch dates
for d in '2020-01-02' '2020-01-02 03:04' '2020-01-02T03:04:05Z' '2020-01-02 03:04:05.25 +0200' '@5.5' 'Jan 2 2020' '2 January 2020 4pm' '2020-01-31 +1 month' '20200102' '2020-01-02 EST'; do touch -d "$d" f; stat -c %y f; done
#### touch modify only
touch -d @10 f; touch -m -d @20 f; stat -c '%X %Y' f; touch -a -d @30 f; stat -c '%X %Y' f; touch --time=atime -d @40 f; stat -c '%X %Y' f; touch -r f -d '1 day' g; stat -c %Y g
#### touch no dereference
ln -s nowhere l; touch -h -d @7 l; stat -c %Y l; ls; touch l; ls
#### truncate sizes
printf 12345 > f; truncate -s 3 f; cat f; echo; truncate -s +2 f; od -c f; truncate -s -1 f; stat -c %s f; truncate -s '<2' f; stat -c %s f; truncate -s '>9' f; stat -c %s f; truncate -s %4 f; stat -c %s f; truncate -s /5 f; stat -c %s f; truncate -s 1K f; stat -c %s f; truncate -c -s 1 nosuch; ls; truncate -r f g; stat -c %s g; truncate f; echo $?; truncate -s x f; echo $?
#### mkfifo
mkfifo p; stat -c '%F %a' p; mkfifo -m 600 q; stat -c %a q; mkfifo p; echo $?; mkfifo; echo $?; mkfifo -m zz r; echo $?
#### mktemp
f=$(mktemp ./aXXXXXX); test -f "$f" && stat -c '%a %s' "$f"; d=$(mktemp -d ./dXXX); stat -c '%a' "$d"; mktemp -u ./uXXX | grep -c '^./u...$'; ls | wc -l; mktemp ./noX; echo $?; mktemp -d nosuch/XXXX; echo $?; mktemp ./sXXX.txt | grep -c 'txt$'; mktemp --suffix=.c ./tXXX | grep -c '\.c$'; TMPDIR=. mktemp | grep -c '^\./tmp\..*'; mktemp -p . kXXX | grep -c '^\./k'; mktemp -q nosuch/XXX; echo $?
#### dd basics
printf abcdefghij > f; dd if=f bs=3 count=2 2>/dev/null; echo; dd if=f bs=2 skip=1 count=1 2>/dev/null; echo; dd if=f of=g bs=1 seek=2 count=2 2>/dev/null; od -c g; dd if=f conv=ucase 2>/dev/null; echo; dd if=f ibs=5 obs=2 2>&1 >/dev/null | head -2
#### dd conversions
printf abcdefg > f; dd if=f conv=swab 2>/dev/null; echo; dd if=f conv=ucase,swab 2>/dev/null; echo; printf 'ab\ncdef\n' | dd cbs=4 conv=block 2>/dev/null; echo; printf 'ab  cdef' | dd cbs=4 conv=unblock 2>/dev/null
#### dd notrunc
printf 123456 > f; printf ab | dd of=f conv=notrunc 2>/dev/null; cat f; echo; printf ab | dd of=f 2>/dev/null; cat f; echo; printf xy | dd of=f oflag=append conv=notrunc 2>/dev/null; cat f
#### dd errors
dd if=nosuch; echo $?; dd bs=x; echo $?; dd foo=1; echo $?; dd conv=zz; echo $?; dd bs=0; echo $?; dd status=none if=/dev/null; echo $?
#### dd summary
printf 1234567 | dd bs=4 of=/dev/null 2>&1 | head -2; printf '' | dd 2>&1 | head -2; dd if=/dev/zero bs=1k count=2 status=noxfer 2>&1 >/dev/null
#### dd sync and size units
printf abc | dd bs=5 conv=sync 2>/dev/null | od -c; dd if=/dev/zero bs=2b count=1 2>/dev/null | wc -c; dd if=/dev/zero bs=1kB count=1 2>/dev/null | wc -c; dd if=/dev/zero bs=2x3 count=1 2>/dev/null | wc -c; printf 0123456789 | dd iflag=skip_bytes,count_bytes skip=3 count=4 2>/dev/null
#### split lines
seq 10 > f; split -l 4 f; ls; cat xaa; split -l 3 f p; ls p*; wc -l p*
#### split bytes
printf abcdefghij > f; split -b 4 f; ls; cat xac; echo; split -b 1k f q; ls q*; split -C 3 f r; ls r* | wc -l
#### split suffixes
seq 3 > f; split -l 1 -d f n; ls n*; split -l 1 -a 3 f a; ls a*; split -l 1 --numeric-suffixes=5 f z; ls z*; split -l 1 --additional-suffix=.txt f t; ls t*; split -x -l 1 f h; ls h*
#### split number
seq 10 > f; split -n 3 f; wc -c x*; split -n l/3 f y; cat ya? | cmp - f && echo same; split -n 2/3 f; split -n r/2/3 f
#### split filter failures
seq 4 | split -l 2 --filter='exit 3'; echo $?; seq 9 | split -l 3 --filter='head -1'
#### split from input
seq 5 | split -l 2; ls; seq 3 | split -l 2 - w; ls w*; split nosuch; echo $?; split -l 0 /dev/null; echo $?; split -b x /dev/null; echo $?
#### split filter separator
seq 4 | split -l 2 --filter='sed "s/^/$FILE /"'; printf 'a:b:c' | split -t : -l 1; cat xab; echo; : | split; ls
#### tee
echo x | tee a b; cat a b; echo y | tee -a a > /dev/null; cat a; echo z | tee nosuch/x; echo $?; echo w | tee; echo v | tee -i c >/dev/null; cat c
#### sync and truth
sync; echo $?; sync . ; echo $?; sync nosuch; echo $?; true x; echo $?; false x; echo $?
#### install-like sequence
mkdir -p usr/bin; printf '#!/bin/sh\necho run\n' > tool; cp tool usr/bin/; chmod 755 usr/bin/tool; ./usr/bin/tool; PATH="$PWD/usr/bin:$PATH"; tool; mv usr/bin/tool usr/bin/tool2; hash -r; tool2
