-- Draws permits for calls at a time. Those of a node that is gone are free.
--
-- KEYS[1] the counter, a hash of nodes; KEYS[2] the nodes, by when they were seen
-- ARGV    node, max, want, add, dead (ms), keep (ms)
-- returns what was granted, what is left after that, and 0; as text
local key, node = KEYS[1], ARGV[1]
local max, want, add = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)

local all = redis.call('HGETALL', key)
local mine, others = 0, 0
for i = 1, #all, 2 do
	if all[i] == node then
		mine = tonumber(all[i + 1])
	else
		local seen = redis.call('ZSCORE', KEYS[2], all[i])
		if seen and now - tonumber(seen) < tonumber(ARGV[5]) then
			others = others + tonumber(all[i + 1])
		else
			redis.call('HDEL', key, all[i])
		end
	end
end

mine = math.max(mine + add, 0)
local left = max - others - mine
local granted = math.max(math.min(left, want), 0)
mine = mine + granted
if mine > 0 then redis.call('HSET', key, node, mine) else redis.call('HDEL', key, node) end
redis.call('PEXPIRE', key, ARGV[6])

local function text(n) return string.format('%.0f', n) end
return { text(granted), text(left - granted), '0' }
