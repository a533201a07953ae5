#### ls long columns
touch -d @1000000000 a bb; chmod 640 bb; printf 12345 > c; touch -d @1000000000 c; ls -l a bb c
#### ls long numeric
touch -d @1000000000 a; chown 12345:54321 a; ls -ln a; ls -l a
#### ls no group no owner
touch -d @1000000000 a; ls -o a; ls -g a; ls -lG a
#### ls full time
touch -d '2020-02-29 12:34:56.5' f; ls -l --full-time f; ls -l --time-style=long-iso f; ls -l --time-style=+%Y/%j f
#### ls time style iso
touch -d '2020-02-29 12:34:56' f; ls -l --time-style=iso f | tr -s ' '; ls -l --time-style=full-iso f
#### ls classify
mkdir d; touch f x; chmod +x x; ln -s f l; mkfifo p; ls -F; ls -p; ls --file-type
#### ls classify links
ln -s nowhere l; mkdir d; ln -s d m; ls -F; ls -lF l m | sed 's/.* l /l /; s/.* m /m /'
#### ls directory link operand
mkdir d; touch d/in; ln -s d l; ls l; ls -d l; ls -l l/ | tail -1 | grep -c in; ls -lH l | tail -1 | grep -c in
#### ls d of many
mkdir -p d/e; touch f; ls -d d f d/e .; ls -d d/
#### ls files before directories
mkdir d e; touch d/x e/y f; ls d f e
#### ls several with missing
mkdir d; touch d/x f; ls f nosuch d; echo $?
#### ls empty directories
mkdir d e; ls d e; ls d
#### ls recursive
mkdir -p a/b/c; touch a/1 a/b/2 a/b/c/3; ls -R; ls -R a/b
#### ls recursive hidden
mkdir -p .h/in v; touch .h/in/x; ls -R; ls -AR
#### ls inode count
touch a; ln a b; test "$(ls -i a | cut -d' ' -f1)" = "$(ls -i b | cut -d' ' -f1)" && echo same
#### ls size blocks header
: > e; ls -l | head -1; ls -s e
#### ls human
dd if=/dev/zero of=k bs=1024 count=3 2>/dev/null; truncate -s 1500000 m; ls -lh k m | awk '{print $5, $9}'; ls -l --si k m | awk '{print $5, $9}'; ls -l --block-size=K k m | awk '{print $5}'
#### ls sort extension
touch b.c a.o c.a d noext; ls -X; ls --sort=extension -r
#### ls sort version
touch f1 f10 f2 f1.5 f01; ls -v; ls --sort=version -r
#### ls sort none runs
touch a b; ls -U | sort; ls -f | sort
#### ls sort size ties
printf 1 > b; printf 1 > a; printf 22 > c; ls -S; ls --sort=size -r
#### ls times
touch -d @100 a; touch -d @200 b; touch -a -d @50 b; ls -t; ls -tu; ls -ut --time-style=+%s -l | awk 'NR>1{print $6, $7}'
#### ls group directories first
touch a z; mkdir m; ls --group-directories-first
#### ls columns
touch a b c d e f g h; ls -C -w 20; ls -x -w 20; ls -m -w 10
#### ls columns widths
touch aaaaaaaaaa b cc ddd eeeeeeee f; ls -C -w 30; ls -C -w 80; ls -x -w 30; ls -w 0 -C
#### ls commas
touch one two three; ls -m; ls -m -w 8
#### ls hide ignore
touch a b.bak c~ .h; ls --hide='*.bak'; ls -B; ls -I 'a*'; ls -a --hide='*.bak' | tail -4
#### ls quoting flags
touch 'a b' "q'q" 'tab	x'; ls -Q; ls -b; ls -q; ls -N
#### ls quoting styles
touch 'a b' 'x$y' plain; for s in literal shell shell-always c escape shell-escape; do ls --quoting-style=$s; done
#### ls quoting controls
touch "$(printf 'n\nl')" "$(printf 'b\\s')"; ls -b; ls --quoting-style=shell-escape; ls -q; ls | od -c
#### ls unicode
touch é 日本 zz; ls; ls -C -w 20; ls -b
#### ls zero
touch a b; ls --zero | od -c
#### ls color
mkdir d; touch f x; chmod +x x; ln -s f l; ls --color=always | cat -v; ls --color=never
#### ls bad option
ls -y; echo $?; ls --nosuch; echo $?; ls --sort=foo; echo $?; ls --color=foo; echo $?
#### ls bad width
ls -w x; echo $?
#### ls one line per
touch b a; ls -1; ls -1r; ls -a1
#### ls symlink arrow
ln -s 'some where' 'li nk'; ls -l | tail -1 | sed 's/.*li/li/'; ls -L 'li nk'; echo $?
#### ls special modes
touch f; chmod 7777 f; ls -l f | cut -c1-10; chmod 7000 f; ls -l f | cut -c1-10; mkdir d; chmod 1777 d; ls -ld d | cut -c1-10; chmod 1776 d; ls -ld d | cut -c1-10
#### ls link count
touch a; ln a b; ln a c; ls -l a | awk '{print $2}'
#### ls almost all reverse
touch .a b .c; ls -Ar; ls -ar
#### stat default
printf 'hello' > f; chmod 644 f; touch -d @1000000000 f; stat f | sed -n '1p;4p;5p;6p' | sed 's/Blocks: [0-9]* *//; s/IO Block: [0-9]*//'
#### stat terse fields
printf x > f; stat -t f | awk '{print $1, $2, NF}'
#### stat printf
touch f; stat --printf='%n\t%s\n%%\x41\101\n' f; stat --printf '%A' f; echo; stat -c '%5s|%-5s|%05s' f
#### stat format times
touch -d '2001-02-03 04:05:06.789' f; stat -c '%y|%Y|%.3Y|%.1Y|%x' f
#### stat format types
mkdir d; mkfifo p; touch e; printf 1 > r; ln -s r l; stat -c '%F|%n|%N' d p e r l; stat -L -c '%F' l; stat -c '%f %a %A %u %g %U %G' r
#### stat device
stat -c '%F %t %T' /dev/null; stat -c '%F' /dev/zero
#### stat errors
stat nosuch; echo $?; stat; echo $?; stat -c %s nosuch /dev/null; echo $?
#### stat unknown directive
touch f; stat -c '%q %n' f; stat -c '%' f
#### stat file system
stat -f -c '%l' . | grep -c .; stat -f . >/dev/null; echo $?
#### du apparent
mkdir d; printf 12345 > d/f; printf 123 > d/g; du -ab d | grep -v 'd$' | sort
#### du options clash
du -as .; echo $?; du -s --max-depth=1 . 2>&1 >/dev/null | head -1; du nosuch; echo $?
#### du depth count
mkdir -p a/b/c; du a | wc -l; du -d 1 a | wc -l; du -s a | wc -l; du -a --exclude='c' a | wc -l; du -c a | tail -1 | cut -f2
#### du hard links once
mkdir d; truncate -s 5000 d/a; ln d/a d/b; du -ab d | grep -c '/[ab]$'; du -abl d | grep -c '/[ab]$'
#### find name tests
mkdir -p d/e; touch d/a.c d/B.C d/e/x.c d/e/.h; find d -name '*.c' | sort; find d -iname '*.c' | sort; find d -name '*h' | sort; find d -path '*/e/*' | sort; find d -wholename 'd/e'
#### find types
mkdir d; touch d/f; ln -s f d/l; mkfifo d/p; for t in f d l p f,l; do echo $t; find d -type $t | sort; done
#### find depth limits
mkdir -p a/b/c/d; find a -maxdepth 1 | sort; find a -mindepth 2 | sort; find a -mindepth 1 -maxdepth 2 | sort; find a -maxdepth 0
#### find depth first
mkdir -p a/b/c; touch a/f; find a -depth | tail -1; find a -depth -name 'c'; find a -type d -depth
#### find prune
mkdir -p a/skip/x a/keep/y; find a -name skip -prune -o -print | sort; find a -path a/skip -prune -o -type d -print | sort
#### find operators
touch a b c d; find . -name a -o -name b | sort; find . \( -name a -o -name b \) ! -name b; find . -name a -a -type f; find . -type f -not -name '[abc]'; find . -false , -name d
#### find size
: > e; printf x > o; truncate -s 1024 k; truncate -s 1025 k1; find . -type f -size 0; find . -size 1c; find . -type f -size -2k | sort; find . -type f -size +1k; find . -size 1025c; find . -type f -size 2b
#### find empty
mkdir d e; touch d/f; printf x > x; find . -empty | sort; find . -type d -empty
#### find times
touch -d '3 days ago' old; touch new; find . -type f -mtime +1; find . -type f -mtime -1; find . -type f -mmin -60; find . -type f -newer old; find . -type f ! -newer old; find . -newermt '1 day ago' -type f
#### find perm
touch a b c; chmod 644 a; chmod 755 b; chmod 4700 c; find . -type f -perm 644; find . -type f -perm -u+x | sort; find . -type f -perm /022; find . -type f -perm /u+x,g+x | sort; find . -perm -4000
#### find owner
touch a b; chown 1000:1000 b; find . -uid 1000; find . -type f -user root; find . -gid 1000; find . -nouser | head -1
#### find links inum
touch a; ln a b; touch c; find . -type f -links 2 | sort; find . -samefile a | sort; find . -inum "$(stat -c %i c)"
#### find exec
touch a b; find . -type f -exec echo one {} \; | sort; find . -type f -exec echo {} + | wc -l; find . -name a -exec echo x{}y \;; find . -name a -exec false \; -print; find . -name a -exec true {} \; -print
#### find exec status
touch a; find . -name a -exec false {} \;; echo $?; find . -name a -exec false {} +; echo $?; find . -name a -exec nosuchcmd {} \;; echo $?
#### find execdir
mkdir d; touch d/f; find . -name f -execdir echo {} \;; find . -name f -execdir sh -c 'basename "$PWD"' \;
#### find ok reads no
touch a; echo n | find . -name a -ok rm {} \; 2>/dev/null; ls
#### find delete
mkdir -p d/e; touch d/e/f; find d -name f -delete; find d -delete; ls; mkdir x; touch x/y; find x -type d -delete; echo $?
#### find printf
touch -d '2001-02-03 04:05:06' f; chmod 640 f; printf abc > f; touch -d '2001-02-03 04:05:06' f; find . -name f -printf '%p|%f|%h|%P|%s|%m|%M|%y|%d|%u|%U|%n|%l\n'; find f -printf '%TY-%Tm-%Td %TH:%TM %T@\n'; find f -printf '%t\n'; find f -printf '%5s|%-6f|\t\\\101\n'
#### find print0
touch a 'b c'; find . -type f -print0 | sort -z | tr '\0' '|'; echo; find . -type f -print0 | xargs -0 -n1 echo | sort
#### find ls count
touch a; find a -ls | awk '{print $3, $NF}'
#### find fprint
touch a b; find . -name a -fprint out; cat out; find . -name b -fprintf out2 '%f!'; cat out2
#### find quit
touch a b c; find . -type f -quit; find . -type f -print -quit | wc -l
#### find regex
mkdir d; touch d/a1 d/b22; find d -regex '.*/[a-z][0-9]'; find d -regextype posix-extended -regex '.*/[a-z][0-9]+' | sort; find d -iregex '.*B22'
#### find links follow
mkdir d; touch d/f; ln -s d l; find l; find -L l | sort; find -H l | sort; find . -lname d; find -L . -xtype l; find . -xtype d | sort
#### find dangling
ln -s nowhere x; find -L . -type l; find . -xtype l
#### find several roots
mkdir a b; touch a/1 b/2; find a b -type f; find a nosuch b -type f; echo $?
#### find no match status
find . -name zzz; echo $?
#### find bad usage
find . -name; echo $?; find . -type q; echo $?; find . -exec echo; echo $?; find . \( -name a; echo $?; find . -maxdepth x; echo $?; find . a -name b; echo $?
#### find bad order
find . -name a b; echo $?; find . -o; echo $?; find . ! ; echo $?
#### find access
touch a; chmod 000 a; touch b; chmod 755 b; find . -type f -executable; find . -type f -readable | sort
#### find anewer amin
touch -d @100 a; touch b; find . -type f -anewer a; find . -type f -amin +5; find . -type f -used 0 | wc -l
#### find mount xdev
mkdir d; find . -xdev -name d; find . -mount -type d | sort
#### find default dir
touch a; find -name a; find -maxdepth 0
#### find trailing slash
mkdir d; touch d/f; find d/ | sort; find ./d -name f
#### find arithmetic of time
touch -d '10 minutes ago' m; find . -type f -mmin +9 -mmin -11; find . -type f -mmin 10 -o -mmin 11 | sort -u | grep -c m
#### tree of links
ln -s a b; ln -s b a; cat a; echo $?; ls -L a; echo $?; find -L . -name a 2>/dev/null | wc -l; stat -c %N a
#### readlink options
ln -s target l; readlink -n l; echo .; readlink -f nosuch | sed 's,.*/,,'; readlink -e nosuch; echo $?; readlink -m a/b/../c | sed 's,.*/,,'; touch f; readlink f l; readlink -v f; echo $?
#### realpath options
mkdir -p a/b; ln -s a/b l; realpath --relative-to=a l; realpath --relative-base=. l; realpath -s l | sed 's,.*/,,'; realpath nosuch/x; echo $?; realpath -m nosuch/x | sed 's,.*/n,n,'; realpath -e nosuch; echo $?; realpath -q -e nosuch; echo $?
#### realpath zero
mkdir a; realpath -z --relative-to=. a . | tr '\0' '|'; echo
#### basename multiple
basename -a /x/a.c b/c.d; basename -s .c a.c b.c; basename a.c .c; basename .c .c; basename -z a | od -c; basename; echo $?; basename a b c; echo $?
#### dirname several
dirname a/b /c d//e/ ///; dirname -z x/y | od -c; dirname; echo $?
#### test file operators
: > e; echo x > f; mkdir d; ln -s f l; mkfifo p; for o in -e -f -d -L -h -p -s -r -w -x -b -c -S -u -g -k; do for x in e f d l p none; do test $o $x && echo "$o $x"; done; done
#### test age
touch -d @1 a; touch -d @2 b; test b -nt a; echo $?; test a -ot b; echo $?; ln a c; test a -ef c; echo $?
#### pathchk like names
mkdir -p "$(printf 'a%.0s' $(seq 200))"; ls | wc -c; mkdir "$(printf 'a%.0s' $(seq 300))"; echo $?
