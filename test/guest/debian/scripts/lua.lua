---- language
local t = {}
for i = 1, 1000 do t[i] = (i * 7919) % 1009 end
table.sort(t)
print(#t, t[1], t[500], t[1000], math.maxinteger, math.mininteger // -1, 7 // -2, 7 % -3, 1e15, 2^53, 10 / 3)
print(string.format("%5.2f|%-6s|%x|%q|%a", math.pi, "ab", 255, "a\nb", 0.5))
print(("hello world"):gsub("o", "0"), ("key=val"):match("(%w+)=(%w+)"), ("x"):rep(5, ","))
goto done
print "skipped"
::done::
print(select("#", table.unpack({1, 2, nil, 4}, 1, 4)), 3 & 5, 3 | 5, 3 ~ 5, ~0, 1 << 62)
---- closures and coroutines
local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i * i) end end) end
local s = 0
for v in gen(100) do s = s + v end
print(s)
local co = coroutine.create(function(a) local b = coroutine.yield(a + 1) error("oops " .. b) end)
print(coroutine.resume(co, 1)) print(coroutine.resume(co, "x")) print(coroutine.status(co))
---- metatables
local V = {} V.__index = V
V.__add = function(a, b) return setmetatable({x = a.x + b.x}, V) end
V.__tostring = function(v) return "V(" .. v.x .. ")" end
V.__lt = function(a, b) return a.x < b.x end
local a, b = setmetatable({x = 1}, V), setmetatable({x = 2}, V)
print(tostring(a + b), a < b, pcall(function() return a .. b end))
---- work
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(22))
local sieve, count = {}, 0
for i = 2, 20000 do if not sieve[i] then count = count + 1 for j = i * i, 20000, i do sieve[j] = true end end end
print(count)
local parts = {} for i = 1, 5000 do parts[#parts + 1] = tostring(i) end print(#table.concat(parts))
local x = 0.0 for i = 1, 100000 do x = x + math.sin(i) * math.sqrt(i) end print(string.format("%.10g", x))
---- files and os
local f = assert(io.open("out", "w")) f:write("line1\n", 42, "\n", 1.5, "\n") f:close()
for l in io.lines("out") do print(l) end
print(os.rename("out", "out2"), os.remove("absent")) print(os.getenv("HOME"), os.time({year = 2001, month = 9, day = 9, hour = 1, min = 46, sec = 40}))
local f = io.open("out2") print(f:read("l", "n", "n")) print(f:seek("set", 2), f:read(3)) f:close()
print(os.date("!%Y-%m-%d", 86400))
local p = io.popen("echo from popen; exit 4") print(p:read("a"), p:close())
---- errors
print(select(2, pcall(error, {code = 1})).code) print(pcall(string.rep)) print(select(2, pcall(function() local x = nil; return x.y end)))
print(load("return +")) os.exit(9)
---- garbage
local keep for i = 1, 200000 do keep = {i, tostring(i)} end collectgarbage() print(keep[2], collectgarbage("count") < 20000)
