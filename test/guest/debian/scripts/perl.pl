#### language
my @a = map { $_ * $_ } grep { $_ % 2 } 1..10; my %h = (one => 1, two => 2);
print "@a ", join(",", map { "$_=$h{$_}" } sort keys %h), " ", scalar(@a), "\n";
printf "%05.2f|%-5s|%x|%s\n", 3.14159, "ab", 255, 1e21; print 7 / 2, " ", int(-7 / 2), " ", -7 % 3, " ", 2 ** 40, "\n";
my $s = "The quick brown fox"; (my $t = $s) =~ s/(\w+)/\u\L$1/g; print "$t ", ($s =~ tr/o/o/), " ", reverse(split //, "abc"), "\n";
print "match $1 $2\n" if "key=value" =~ /^(\w+)=(.*)$/; print join("|", "a1b22c333" =~ /(\d+)/g), "\n";
sub fact { my $n = shift; $n < 2 ? 1 : $n * fact($n - 1) } print fact(15), "\n"; local $_ = "x"; eval { die { code => 5 } }; print $@->{code}, "\n";
#### files and processes
open my $f, ">", "t" or die; print $f "line $_\n" for 1..1000; close $f;
open $f, "<", "t"; my $n = 0; my $l; while (<$f>) { $n++; $l = $_ } print "$n $l"; print -s "t", " ", (-d "." ? "dir" : ""), "\n";
my $pid = fork; if ($pid == 0) { exit 6 } waitpid $pid, 0; print $? >> 8, "\n"; print `echo backticks`; system "exit 3"; print $? >> 8, "\n";
pipe my $r, my $w; if (!fork) { close $r; print $w "through pipe\n"; exit } close $w; print <$r>; wait; local $SIG{USR1} = sub { print "usr1\n" }; kill USR1 => $$; unlink "t"; print -e "t" ? "there" : "gone", "\n";
#### work
my %c; my $x = 1; for (1..50000) { $x = ($x * 1103515245 + 12345) % 2147483648; $c{$x % 100}++ } print scalar(keys %c), " $x\n";
my @s = sort { $a <=> $b } map { ($_ * 7919) % 10007 } 1..5000; print "$s[0] $s[2500] $s[-1]\n"; my $str = ""; $str .= chr(65 + $_ % 26) for 1..100000; print length($str), " ", unpack("%32C*", $str), "\n";
printf "%.12g %.12g %.12g\n", sin(1), exp(1), sqrt(2); exit 4;
