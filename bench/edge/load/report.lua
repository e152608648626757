-- Arguments after "--": one Host field or several, which take turns.

local requests = {}
local turn = 0

function init(hosts)
  for index = 1, #hosts do
    requests[index] = wrk.format("GET", "/", { Host = hosts[index] })
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"refused":%d,"broken":%d}\n',
    summary.requests,
    summary.duration / 1e6,
    errors.status,
    errors.connect + errors.read + errors.write + errors.timeout
  ))
end
