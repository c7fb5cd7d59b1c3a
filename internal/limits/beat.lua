-- Says that a node is there.
--
-- KEYS[1] the nodes, by when they were seen
-- ARGV    node, dead (ms)
-- returns how many nodes there are, and the time in microseconds
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%.0f', now - tonumber(ARGV[2])))
return { redis.call('ZCARD', KEYS[1]), t[1] * 1000000 + t[2] }
