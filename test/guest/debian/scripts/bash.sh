#### arrays
a=(one two "three four"); a+=(five); echo ${#a[@]} "${a[2]}" "${a[@]:1:2}" ${!a[@]}
declare -A m=([x]=1 [y]=2); for k in x y; do echo $k ${m[$k]}; done
unset 'a[0]'; echo "${a[@]}"

#### arithmetic and loops
for ((i = 0, s = 0; i < 1000; i++)); do ((s += i % 7)); done; echo $s
echo $((2**40)) $((-7 / 2)) $((-7 % 3)) $((16#ff)) $((i++ + ++i))
let x=5*3; echo $x; (( x > 10 )) && echo big

#### string operations
s="Hello, World"; echo ${s,,} ${s^^} ${s/World/There} ${s//l/L} ${s:7:3} ${s: -5}
[[ $s == Hello* && $s =~ ([A-Z])orld ]] && echo "match ${BASH_REMATCH[1]}"
printf -v out '%05d|%-5s|%x' 42 ab 255; echo "$out"
printf '%q\n' "a b'c"

#### process substitution
diff <(seq 1 5) <(seq 2 6)
while read l; do echo "got $l"; done < <(printf 'x\ny\n')

#### here strings and brace expansion
cat <<< "here $((1+1))"
echo {a,b}{1..3} {10..1..3}

#### traps, pipefail, subshell depth
set -o pipefail; false | true; echo $?; set +o pipefail
trap 'echo ERR $?' ERR; false; trap - ERR
( ( echo $BASH_SUBSHELL ) )
echo ${PIPESTATUS[@]}; true | false | true; echo ${PIPESTATUS[@]}

#### functions with locals and recursion
fib() { local n=$1; if ((n < 2)); then echo $n; else echo $(( $(fib $((n-1))) + $(fib $((n-2))) )); fi; }
fib 9

#### coproc and job control
coproc CAT { cat; }
echo to coproc >&${CAT[1]}; read -u ${CAT[0]} line; echo "$line"; kill $CAT_PID; wait $CAT_PID 2>/dev/null; echo $?

#### select, getopts, mapfile
set -- -a -b val rest
while getopts ab: o; do echo "$o ${OPTARG-}"; done; shift $((OPTIND-1)); echo $1
mapfile -t lines < <(seq 1 3); echo ${#lines[@]} ${lines[1]}

#### sorting in pure bash
n=(); seed=42
for ((i = 0; i < 60; i++)); do seed=$(((seed * 1103515245 + 12345) & 0x7fffffff)); n+=($((seed % 1000))); done
for ((i = 0; i < 60; i++)); do for ((j = 0; j < 59 - i; j++)); do
  if ((n[j] > n[j+1])); then t=${n[j]}; n[j]=${n[j+1]}; n[j+1]=$t; fi
done; done; echo ${n[@]}

#### many children
for i in {1..40}; do (exit $((i % 3))); s+=$?; done; echo $s

#### regular expressions and extglob
shopt -s extglob nullglob; touch a1 b2 c3; echo !(b*) +([a-z])[0-9] *.none
