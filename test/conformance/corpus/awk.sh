#### an assignment is an operand
awk 'BEGIN { x = 1; if (x && y = 5) print y }'; echo 'q r' | awk 'gsub(/q/, "z") && $0 = $2'
#### nested fields and increments
echo '3 4 5 6' | awk '{ print $$1++; print }'
#### a sign within a field index
echo 'a b c' | awk '{ i = 1; print $+i, $(-i + 3) }'
#### a field that is not there
echo 'a' | awk '$3 == 0 { print "zero" } $3 == "" { print "empty" } { print length($7), NF }'
#### a string assigned to the record
awk 'BEGIN { $0 = "0"; print ($0 ? "true" : "false"), ($1 ? "true" : "false") }'
#### OFS changes after a field was assigned
echo 'a b c' | awk '{ $2 = "x"; OFS = "-"; print; $1 = $1; print }'
#### paragraphs and single-character separators
printf 'a b\nc\n\nd:e\n' | awk 'BEGIN { RS = "" } { print NF ":" $1 "," $NF }'
printf 'ab,c\nd\n\ne\n' | awk 'BEGIN { RS = ""; FS = "[,]" } { print NF }'
#### split ignores the paragraph mode
awk 'BEGIN { RS = ""; FS = ":"; n = split("a:b\nc:d", part); print n, part[2] }'
#### split by nothing
awk 'BEGIN { n = split("", none); print n, length(none); n = split("abc", c, ""); print n, c[1] c[3] }'
#### a record separator anchored at the start of the input
printf 'ab1ab2\n' | awk 'BEGIN { RS = "^a" } { print NR, $0 }'
#### indexes are strings
awk 'BEGIN { k[66]; for (i in k) printf "%c %d\n", i, (i == 66) }'
#### the index of a getline target
printf '1\n2\n' > f; awk 'BEGIN { while ((getline v[++n] < "f") > 0); print n, v[1] v[2] }'
#### too few values for a format
awk 'BEGIN { printf "%d %s\n", 1 }' >/dev/null 2>&1; echo $?
#### characters of printf
awk 'BEGIN { printf "%c%c%c\n", 65, "BCD", "66" }' | wc -c; awk 'BEGIN { printf "%c", "" }' | wc -c
#### loops and jumps out of place
awk 'BEGIN { break }' 2>/dev/null || echo no; awk 'function f(a, a) { }' 2>/dev/null || echo no; awk 'function f(a,) { }' 2>/dev/null || echo no
#### a function fills the arrays it is given
awk 'function put(t, k, v) { t[k] = v } function fill(t) { put(t, "x", 1); put(t, "y", 2) } BEGIN { fill(m); n = 0; for (k in m) n++; print n, m["x"] + m["y"] }'
#### a scalar used as an array
awk 'function f(t) { t[1] = 2 } BEGIN { x = 5; f(x) }' 2>/dev/null; echo $?
#### recursion with local arrays
awk 'function fact(n) { return n <= 1 ? 1 : n * fact(n - 1) } function g(d, t) { t[d] = d; if (d > 0) g(d - 1); return length(t) } BEGIN { print fact(10), g(3) }'
#### seeds
awk 'BEGIN { srand(7); a = rand(); print srand(7); print a == rand() }'
#### regular expressions
awk 'BEGIN { print match("xxabcabc", /(abc)+/), RSTART, RLENGTH; s = "aaa"; print gsub(/^a/, "b", s), s; print "a.c" ~ "a\\.c", "abc" ~ /a\.c/ }'
#### replacement texts
awk 'BEGIN { s = "cat"; gsub(/a/, "[&]", s); print s; s = "cat"; gsub(/a/, "\\&", s); print s; s = "abc"; gsub(//, "-", s); print s }'
#### numbers as text
awk 'BEGIN { print 0.1 + 0.2, 1e6, 1e-5, 123456789, 3.0, -0.5; CONVFMT = "%.2g"; x = 3.14159; y = x ""; print y, x }'
#### comparisons of input
printf '10 9\nabc 9\n 7 7.0\n' | awk '{ print ($1 < $2), ($1 == $2) }'
#### uninitialised
awk 'BEGIN { print x + 0, "[" x "]", length(x), (x == 0), (x == "") }'
#### assignments as operands
printf 'l1\n' > f; awk '{ print v, $0 }' v=1 f v='a\tb' f; awk -v 'e=x\\y\n' 'BEGIN { printf "%s", e }'
#### ranges and next
seq 10 | awk 'NR == 2, NR == 4 { print; next } $1 > 9 { print "last" } END { print NR }'
#### output to commands and files
awk 'BEGIN { print "b\na" | "sort"; close("sort"); print "x" > "o"; print "y" >> "o"; close("o"); while ((getline l < "o") > 0) print l }'
#### a substring
awk 'BEGIN { s = "hello"; print substr(s, 2, 3) "|" substr(s, 4) "|" substr(s, 10) "|" substr(s, 2, 0) "|" substr(s, -1) }'
#### regular expression as a value
echo foo | awk '{ x = /fo+/; print x, !/bar/ }'
#### printf with stars
awk 'BEGIN { printf "[%*d|%-*s|%.*f]\n", 5, 42, 4, "ab", 2, 3.14159 }'
#### delete while going round
awk 'BEGIN { for (i = 0; i < 5; i++) a[i] = i; for (k in a) if (k % 2) delete a[k]; n = 0; for (k in a) n++; print n; delete a; print length(a) }'
#### exit in the middle
printf '1\n2\n3\n' | awk '{ print; if ($1 == 2) exit 4 } END { print "end" }'; echo $?
#### subscripts of several parts
awk 'BEGIN { a[1, 2] = 3; for (k in a) { split(k, p, SUBSEP); print p[1], p[2] } print ((1, 2) in a), ((2, 1) in a) }'
#### several program files
printf 'function twice(x) { return 2 * x }\n' > lib; printf '{ print twice($1) }\n' > main; echo 4 | awk -f lib -f main
