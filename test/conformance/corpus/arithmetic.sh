#### basic
echo $((1+2*3)) $(( (1+2)*3 )) $((7/2)) $((7%3)) $((-7/2)) $((-7%3))
#### bases
echo $((010)) $((0x1f)) $((0xFF))
#### comparison
echo $((1<2)) $((2<=2)) $((3>4)) $((3>=4)) $((1==1)) $((1!=1))
#### logic
echo $((1&&0)) $((1||0)) $((!5)) $((!0))
#### short circuit
x=1; : $((0 && (x=2))); echo $x; : $((1 || (x=3))); echo $x
#### bits
echo $((6&3)) $((6|3)) $((6^3)) $((~5)) $((1<<10)) $((1024>>3)) $((-8>>1))
#### ternary
echo $((1?2:3)) $((0?2:0?4:5))
#### assignment operators
x=10; echo $((x+=5)) $((x-=3)) $((x*=2)) $((x/=4)) $((x%=4)) $((x<<=3)) $((x>>=1)) $((x|=1)) $((x&=6)) $((x^=5))
#### variables without dollar
a=3; b=4; echo $((a*b)) $(($a*$b)) $((a*a+b*b))
#### unset is zero
unset z; echo $((z+1))
#### nested
echo $(( $((1+1)) * $(echo 3) ))
#### spaces and newlines
echo $((
 1 +
 2 ))
#### unary
echo $((-5)) $((+5)) $((- -5)) $((-(-5)))
#### division by zero
echo $((1/0)); echo after
#### large
echo $((9223372036854775807)) $((9223372036854775807+1)) $((4611686018427387904*2))
#### large multiply
echo $((123456789*987654321)) $((1000000007*1000000007))
#### negative modulo
echo $((5%-3)) $((-5%3))
#### precedence
echo $((2+3<<1)) $((1|2^3&4)) $((1<2==1))
#### in conditions
i=0; while [ $((i+=1)) -lt 4 ]; do echo $i; done
#### counter loop
i=0; while [ $i -lt 5 ]; do i=$((i+1)); done; echo $i
#### syntax error
(echo $((1+))) 2>/dev/null; echo $?
#### bad variable
x=abc; (echo $((x+1))) 2>/dev/null; echo st $?
#### hex variable
x=0x10; echo $((x+1))
#### leading zeros variable
x=010; echo $((x+1))
#### parentheses after dollar paren
echo $( (echo sub) )
#### expr
expr 1 + 2 \* 3; expr 10 / 3; expr 10 % 3; expr \( 1 + 2 \) \* 3
#### expr compare
expr 1 \< 2; expr 2 = 2; expr abc \> abd; expr 1 != 1
#### expr match
expr abc : 'a\(.*\)'; expr abc : 'ab'; expr abc : 'x'; echo $?
#### expr string functions
expr length hello; expr substr hello 2 3; expr index hello l
#### expr and or
expr 0 \| 5; expr 3 \& 0; echo $?
#### expr errors
expr 1 / 0 2>/dev/null; echo $?; expr a + 1 2>/dev/null; echo $?; expr 2>/dev/null; echo $?
