#### a square root of one
echo 'scale=5; sqrt(1); sqrt(2); sqrt(0); sqrt(16)' | bc
#### definitions on one line with others
printf 'define f(x) {\nreturn x + 1\n}define g(x) {\nreturn f(x) * 2\n}\ng(3)\n' | bc
#### arrays by value and by reference
printf 'define v(a[]) {\na[0] = 9\n}\ndefine void r(*a[]) {\na[0] = 7\n}\nx[0] = 1\nt = v(x[])\nx[0]\nr(x[])\nx[0]\n' | bc
#### quit when it is read
printf '1\nif (0) quit\n2\n' | bc; printf '3\nfor (i = 0; i < 2; ++i) i; quit\n' | bc
#### big digits
echo 'ibase=16; FF; A.8; 10' | bc; echo 'obase=16; 255; 4095.5' | bc; echo 'obase=2; 10' | bc; echo 'obase=20; 399' | bc
#### scales of results
echo 'scale=3; 10/3; 2^-2; 1.25*1.25; 7%3; -7/2' | bc
#### the library
echo 'scale=10; e(1); l(2); s(1); c(1); a(1)*4; j(0,1)' | bc -l
#### long numbers are folded
echo '2^300' | bc; echo '2^300' | BC_LINE_LENGTH=0 bc
#### logic
echo '1 < 2; 2 <= 1; 1 && 0; !0; 1 || 0; (2 > 1) + (3 > 2)' | bc
#### functions with auto variables
printf 'x = 5\ndefine f(n) {\nauto x\nx = n\nif (n <= 1) return 1\nreturn n * f(n - 1)\n}\nf(20)\nx\n' | bc
