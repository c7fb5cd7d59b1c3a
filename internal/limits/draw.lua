-- Counts in a window, and draws from what a limit leaves.
--
-- KEYS[1] the counter, a hash of slots
-- ARGV    max, slots, slot, keep (ms), floor, add, addslot, want, need, parts
-- returns what was granted, what is left after that, and the slot that must
--         pass before what was needed is there; as text
local key = KEYS[1]
local max, slots, slot = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local add, addslot = tonumber(ARGV[6]), tonumber(ARGV[7])
local want, need, parts = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])

local function text(n) return string.format('%.0f', n) end

local all = redis.call('HGETALL', key)
local used, newest, sum = {}, slot, 0
for i = 1, #all, 2 do newest = math.max(newest, tonumber(all[i])) end
slot = newest -- time never goes back, whatever a node's clock says
local oldest = slot - slots
for i = 1, #all, 2 do
	local n, v = tonumber(all[i]), tonumber(all[i + 1])
	if n <= oldest then
		redis.call('HDEL', key, all[i])
	else
		used[n] = v
		sum = sum + v
	end
end

local function count(n, v)
	redis.call('HINCRBY', key, text(n), text(v))
	used[n] = (used[n] or 0) + v
	sum = sum + v
end

-- A counter that was lost, or never was, begins with what the node knows of.
if #all == 0 and tonumber(ARGV[5]) > 0 then count(slot, tonumber(ARGV[5])) end

if add > 0 then
	if addslot <= oldest or addslot > slot then addslot = slot end
	count(addslot, add)
elseif add < 0 and addslot > oldest and addslot <= slot then
	count(addslot, -math.min(-add, used[addslot] or 0))
end

local left, granted, frees = max - sum, 0, slot
if want > 0 then
	if left >= need then
		granted = math.min(left, math.max(want, math.floor(left / parts)))
		count(slot, granted)
		left = left - granted
	else
		local order = {}
		for n in pairs(used) do order[#order + 1] = n end
		table.sort(order)
		local there = left
		for _, n in ipairs(order) do
			there = there + used[n]
			frees = n
			if there >= need then break end
		end
	end
end
redis.call('PEXPIRE', key, ARGV[4])
return { text(granted), text(left), text(frees) }
