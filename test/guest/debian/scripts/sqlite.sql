---- tables and queries
create table t(a integer primary key, b text, c real);
insert into t(b, c) values ('one', 1.5), ('two', 2.25), ('three', null);
select * from t order by b;
select count(*), sum(c), avg(a), max(b), group_concat(b, '-') from t;
select upper(b), length(b), substr(b, 2), typeof(c), ifnull(c, 'none') from t where a > 1;
update t set c = c * 2 where c is not null; delete from t where a = 2; select * from t;
---- work in a transaction
create table n(x integer, y integer); create index i on n(y);
begin;
with recursive c(i) as (select 1 union all select i + 1 from c where i < 20000) insert into n select i, (i * 7919) % 10007 from c;
commit;
select count(*), sum(x), sum(y), min(y), max(y) from n;
select y, count(*) from n group by y % 5 order by 2 desc, 1 limit 3;
select count(*) from n a join n b on a.x = b.y where a.x < 500;
explain query plan select * from n where y = 5;
pragma integrity_check; pragma page_count;
---- journal and persistence
pragma journal_mode=wal;
create table p(v); insert into p values (1), (2); begin; insert into p values (3); rollback; select * from p;
vacuum; select count(*) from sqlite_master;
---- window functions, json, dates
select value, sum(value) over (order by value) from json_each('[3,1,2]') order by value;
select json_extract('{"a":[1,{"b":2}]}', '$.a[1].b'), date(0, 'unixepoch'), strftime('%j', '2001-12-31'), printf('%05.2f', 3.14159), length(randomblob(9)), abs(-5), round(2.567, 1);
---- errors
select * from absent;
insert into missing values (1);
select 1/0, 'still here';
---- text and blobs
create virtual table if not exists f using fts5(body);
select like('a%', 'abc'), 'abc' glob 'a*', instr('hello', 'l'), replace('aXbX', 'X', '-'), quote(x'00ff'), zeroblob(3) = x'000000', unicode('é'), char(233);
