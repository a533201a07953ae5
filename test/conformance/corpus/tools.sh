#### date formats
date -u -d @0; date -u -d @0 +%Y-%m-%dT%H:%M:%S; date -u -d @86399 '+%j %U %W %V %G %g %u %w %a %A %b %B %e %k %l %I %p %P %y %C %D %F %T %R %r %c %x %X %h %n%t%% %s %N %z %:z %::z %Z'; date -u -d @0 +%3N; date -u -d '2020-02-30' ; echo $?; date -u -d '2024-12-30' '+%V %G %U'; date -u -d @0 '+%-d %_d %05d %^a %#Z %10Y %-m %_H'
#### date inputs
for d in '2020-01-02' '2020-01-02 03:04:05' '2020-01-02T03:04:05+02:00' '@1e3' '1 Jan 2020' 'Jan 1, 2020 5:06pm' '2020-01-31 1 month' '2020-03-01 -1 day' '2020-01-01 next year' '2020-01-01 12:00 tomorrow' '2020-01-01 + 3 weeks 2 days' '2020-01-02 03:04 UTC+3' 'Thu, 02 Jan 2020 03:04:05 +0000' '12/25/2020' '2020-01-02 noon' '' 'nonsense'; do date -u -d "$d" '+%F %T' | sed "s/$(date -u +%F)/TODAY/"; done
#### date options
date -u -d @0 -R; date -u -d @0 -I; date -u -d @0 -Iseconds; date -u -d @0 --rfc-3339=seconds; date -u -d @0 --iso-8601=ns; touch -d @1000000000 f; date -u -r f +%s; date -r nosuch; echo $?; date -Ifoo; echo $?; date -d; echo $?; printf '@0\n@1\n' | date -u -f - +%s; date +%s +%s; echo $?; TZ=EST5EDT date -d @0 '+%F %T %Z %z'; TZ=Europe/Paris date -d @1720000000 '+%T %Z'; TZ=XXX-3:30 date -d @0 '+%T %z %Z'; TZ=CET-1CEST date -d @1720000000 '+%T %Z'
#### env basics
env -i A=1 B=2 env; env -i A=1 sh -c 'echo $A'; env -u HOME sh -c 'echo [${HOME-unset}]'; env A=b sh -c 'echo $A'; env -i; env nosuchcmd; echo $?; env -i sh -c 'exit 3'; echo $?; env -0 -i X=1 env -0 | od -c | head -1; env -S 'echo a "b c"'; env -C / pwd; env -C nosuch true; echo $?; env -z; echo $?; env =x true; echo $?; env / ; echo $?; env -i -- B=1 env; env - C=3 env; env -i -u C C=1 env; env --chdir=/ sh -c pwd
#### xargs basics
printf 'a b\nc\n' | xargs; printf 'a b\nc\n' | xargs -n 1; printf 'a b\nc d\n' | xargs -L 1 echo x; printf 'a\nb\n' | xargs -I {} echo '[{}]'; printf 'a b\n' | xargs -I {} echo {} {}; printf 'a\0b c\0' | xargs -0 -n 1; printf 'a,b,c' | xargs -d , -n 1; printf '' | xargs echo none; printf '' | xargs -r echo none; printf "'a b' \"c d\" e\\\\ f\n" | xargs -n 1; echo a | xargs -t echo 2>&1; seq 5 | xargs -n 2; seq 3 | xargs -I% sh -c 'echo n%'; seq 10 | xargs -s 20 echo; echo a b c END d | xargs -E END; printf 'a\n\nb\n' | xargs -L1 echo
#### xargs statuses
echo a | xargs false; echo $?; echo a | xargs sh -c 'exit 255'; echo $?; echo a | xargs nosuchcmd; echo $?; echo a | xargs sh -c 'kill -9 $$'; echo $?; printf 'a\nb\n' | xargs -n 1 sh -c 'test $0 = b'; echo $?; echo "'a" | xargs; echo $?; echo a | xargs -n 0; echo $?; echo a | xargs -Z; echo $?; xargs -a nosuch; echo $?; echo x > f; xargs -a f echo; seq 3 | xargs -P 2 -n 1 echo | sort; echo aaaaaaaaaaaaaaaaaaaaaaaaa | xargs -s 10 echo; echo $?; seq 4 | xargs -x -n 2 echo
#### timeout
timeout 5 echo a; timeout 0.1 sleep 5; echo $?; timeout -s KILL 0.1 sleep 5; echo $?; timeout --preserve-status 0.1 sleep 5; echo $?; timeout 5 sh -c 'exit 7'; echo $?; timeout 5 nosuchcmd; echo $?; timeout; echo $?; timeout x true; echo $?; timeout 1; echo $?; timeout 0 true; echo $?; timeout -k 0.1 0.1 sh -c 'trap "" TERM; while :; do sleep 0.05; done'; echo $?; timeout -s FOO 1 true; echo $?; timeout 1m echo m; timeout --foreground 0.05 sleep 3; echo $?
#### nice nohup time
nice true; echo $?; nice -n 5 nice; nice; nice -n 3 nice -n 4 nice; nice -5 nice; nice nosuchcmd; echo $?; nice -n x true; echo $?; nohup echo hi </dev/null 2>/dev/null; nohup nosuchcmd >/dev/null 2>&1; echo $?; nohup; echo $?; nice --adjustment=2 sh -c nice; nice -n 1; echo $?
#### sleep
sleep 0; echo $?; sleep 0.01 0.01; echo $?; sleep; echo $?; sleep 1x; echo $?; sleep -1; echo $?; sleep 0s; sleep 0.0001m; echo $?
#### id and names
id; id -u; id -g; id -un; id -gn; id -G; id -Gn; id root; id -u root; whoami; id nosuchuser; echo $?; id -n; echo $?; id -ru; whoami x; echo $?; id -ug; echo $?; id -z; echo $?
#### uname fixed
uname -x; echo $?; uname extra; echo $?; uname | wc -l; uname -a | wc -l; test "$(uname -s)" = "$(uname)"; echo $?; test "$(hostname)" = "$(uname -n)"; echo $?; nproc --bad; echo $?; nproc | grep -c '^[0-9]*$'
#### tty
tty </dev/null; echo $?; tty -s </dev/null; echo $?; tty x; echo $?; stty </dev/null; echo $?; stty -a </dev/null; echo $?
#### which
which sh >/dev/null; echo $?; which nosuchcmd; echo $?; which -a nosuch1 nosuch2; echo $?; which; echo $?; printf '#!/bin/sh\n' > prog; chmod +x prog; PATH=. which prog; which ./prog; touch np; PATH=. which np; echo $?
#### kill list
env kill -l 9; env kill -l TERM; env kill; echo $?; env kill -0 999999; echo $?; env kill x; echo $?; env kill -s FOO 1; echo $?
#### test command
env test a = a; echo $?; env test; echo $?; env [ 1 -lt 2 ]; echo $?; env [ 1 -lt 2; echo $?; env test -n ''; echo $?; env test 1 -eq x; echo $?; env test a -a b; echo $?; env test a -o ''; echo $?; env test ! a; echo $?; env test '(' a ')'; echo $?; env test -e /dev/null; echo $?; env test a b; echo $?; env test -z; echo $?; env test 1 -foo 2; echo $?; env test -t 0 </dev/null; echo $?; env test ! '' -a x; echo $?; env test a == a; echo $?
#### pwd command
env pwd | sed 's,.*/,,' | grep -c .; mkdir d; ln -s d l; cd l; test "$(env pwd)" = "$(env pwd -P)"; echo $?; test "$(env pwd -L)" = "$PWD"; echo $?; env pwd -Z; echo $?
#### true false
env true --foo; echo $?; env false --foo; echo $?; env true; echo $?; env false; echo $?
#### gzip round trip
seq 1000 > f; cp f g; gzip f; ls; gunzip f.gz; cmp f g; gzip -k f; ls; gzip -c g > h.gz; gzip -dc h.gz | cmp - g; zcat h.gz | head -1; gzip -l h.gz | awk '{print $2, $4}'; gzip -t h.gz; echo $?; gzip -9 -f f; gzip -d -f f.gz; gzip < g | gunzip | cmp - g; cat h.gz h.gz | gunzip | wc -l; gzip -S .z g; ls; gzip -d -S .z g.z; ls
#### gzip errors
echo a > f; gzip nosuch; echo $?; gzip -d f; echo $?; echo junk > f.gz; gzip -dc f.gz; echo $?; mkdir d; gzip d; echo $?; gzip f </dev/null; echo $?; gunzip nosuch; echo $?; gzip -Z f; echo $?; gzip x.gz; echo $?; echo b > y; gzip y; gzip y.gz; echo $?; gzip -t f.gz; echo $?; gunzip < /dev/null; echo $?; printf '\037\213' | gzip -d; echo $?; gzip -q nosuch; echo $?
#### gzip corrupt
seq 5000 | gzip > a.gz; head -c 2000 a.gz > t.gz; gzip -t t.gz; echo $?; gzip -dc t.gz | head -3; gunzip t.gz; echo $?; ls; { head -c 100 a.gz; printf 'XXXXXXXX'; tail -c +109 a.gz; } > c.gz; gzip -t c.gz 2>/dev/null; echo $?
#### gzip recursive and names
mkdir -p d/e; echo 1 > d/a; echo 2 > d/e/b; gzip -r d; find d -type f | sort; gunzip -r d; find d -type f | sort; echo x > f; gzip -v f 2>&1 | sed 's/[0-9.-]*%/N%/'; gzip -dv f.gz 2>&1 | sed 's/[0-9.-]*%/N%/'; touch -d @1000000000 f; gzip f; stat -c %Y f.gz; gunzip -N f.gz; stat -c %Y f; chmod 600 f; gzip f; stat -c %a f.gz; echo tgz | gzip > q.tgz; gunzip q.tgz; ls
#### tar create list extract
mkdir -p d/e; echo 1 > d/a; echo 2 > d/e/b; ln -s a d/l; tar cf t.tar d; tar tf t.tar | sort; mkdir x; tar xf t.tar -C x; find x | sort; cat x/d/e/b; readlink x/d/l; tar xvf t.tar -C x | sort; tar -cf - d | tar -tf - | wc -l; tar czf t.tgz d; tar tzf t.tgz | sort | head -2; tar tf t.tgz | wc -l; tar xOf t.tar d/a; tar --create --file=u.tar d/a; tar --list --file=u.tar
#### tar verbose listing
echo hello > f; chmod 640 f; touch -d @1000000000 f; mkdir d; chmod 755 d; touch -d @1000000000 d; ln -s f l; touch -h -d @1000000000 l; ln f h; tar cf t.tar f d l h; tar tvf t.tar; tar -tvf t.tar f; tar --numeric-owner -tvf t.tar d
#### tar modes and times
echo a > f; chmod 600 f; touch -d @1000000000 f; tar cf t.tar f; rm f; tar xf t.tar; stat -c '%a %Y' f; rm f; tar xmf t.tar; test "$(stat -c %Y f)" -gt 1600000000; echo $?; tar xpf t.tar; stat -c %a f; mkdir o; tar -C o -xf t.tar --no-same-owner; ls o
#### tar members
mkdir d; for i in 1 2 3; do echo $i > d/$i; done; tar cf t.tar d; mkdir x; tar xf t.tar -C x d/2; find x -type f; tar tf t.tar nosuch; echo $?; tar xf t.tar -C x --strip-components=1; ls x; tar cf u.tar --exclude='2' d; tar tf u.tar | sort; printf 'd/1\nd/3\n' > list; tar cf v.tar -T list; tar tf v.tar; tar xf t.tar --wildcards 'd/[13]' -O | sort; tar tf t.tar 'd/*'; echo $?; tar cf w.tar -C d 1 2; tar tf w.tar
#### tar append update
echo 1 > a; echo 2 > b; tar cf t.tar a; tar rf t.tar b; tar tf t.tar; tar -rvf t.tar a; tar tf t.tar;
#### tar errors
tar; echo $?; tar cf t.tar; echo $?; tar cf t.tar nosuch; echo $?; tar tf nosuch.tar; echo $?; echo junk > j.tar; tar tf j.tar; echo $?; tar -Q; echo $?; tar xf /dev/null; echo $?; tar cf nosuch/t.tar .; echo $?; echo x > f; tar cf e.tar f; tar xf e.tar -C nosuch; echo $?; tar cxf t f; echo $?; tar tzf e.tar; echo $?; : > empty; tar tf empty; echo $?
#### tar absolute and links
mkdir d; echo a > d/f; ln d/f d/g; tar cf t.tar d; rm -r d; tar xf t.tar; test d/f -ef d/g && echo linked; tar cf u.tar "$PWD/d/f" 2>/dev/null; tar tf u.tar | grep -c '^/'; n=$(printf 'n%.0s' $(seq 150)); echo long > d/$n; tar cf v.tar d; tar tf v.tar | sort | wc -L; rm d/$n; tar xf v.tar; cat d/$n; tar cPf w.tar "$PWD/d/f"; tar tf w.tar 2>/dev/null | grep -c '^/'; mkfifo p; tar cf p.tar p; tar tvf p.tar | cut -c1; tar xf t.tar --keep-old-files 2>/dev/null; echo $?; tar xkf t.tar 2>/dev/null; echo $?; tar xf t.tar --overwrite; echo $?; tar xf t.tar --to-stdout d/f; tar tf t.tar --no-recursion >/dev/null; echo $?; tar cf y.tar --no-recursion d; tar tf y.tar
#### more not a terminal
seq 3 > f; more f; cat f | more; seq 2 > g; more f g
#### mount listing
mount | grep -c .  >/dev/null; echo $?; umount nosuchdir; test $? -ne 0 && echo failed; df nosuch; echo $?; df --bad; echo $?; df -P . | wc -l
#### ps selects
sh -c 'ps -p $$ -o pid= | tr -d " " | grep -cx $$'; ps -o comm= -p $$; ps -p 999999 | tr -s ' '; ps -p 999999 -o pid=; echo $?; ps --bad; echo $?; ps -o foo; echo $?; ps -o pid,ppid,comm -p $$ | head -1 | tr -s ' '; ps -o 'user=NAME' -p $$ | head -1; ps -e | head -1 | awk '{print $1, $NF}'; ps -ef | head -1 | awk '{print $1,$2,$3,$NF}'; ps aux | head -1 | tr -s ' '; sleep 5 & ps -o comm= -p $!; kill $!; ps -C nosuchname | tr -s ' '; ps -o stat= -p $$ | cut -c1; ps -p x; echo $?
