-- Asks hookward whether a webhook is genuine, and passes on what it says of it.
-- Sets txn.hookward_status to the status of the answer, 503 if there is none.

local GATE = "http://127.0.0.1:9902/"

-- Headers of the connection and of the body, which stay behind.
local NOT_ASKED = {
    ["connection"] = true,
    ["content-length"] = true,
    ["expect"] = true,
    ["host"] = true,
    ["keep-alive"] = true,
    ["te"] = true,
    ["trailer"] = true,
    ["transfer-encoding"] = true,
}

core.register_action("hookward", { "http-req" }, function(txn)
    txn:set_var("txn.hookward_status", 503)
    local headers = {}
    for name, values in pairs(txn.http:req_get_headers()) do
        if not NOT_ASKED[name] then
            local lines = {}
            for _, value in pairs(values) do
                lines[#lines + 1] = value
            end
            headers[name] = lines
        end
    end
    local answer = core.httpclient():get({ url = GATE, headers = headers, timeout = 10000 })
    if answer == nil or answer.status == nil or answer.status == 0 then
        return
    end
    if answer.status == 200 then
        for name, values in pairs(answer.headers) do
            if name:sub(1, 9) == "hookward-" then
                txn.http:req_set_header(name, values[0] or values[1])
            end
        end
    end
    txn:set_var("txn.hookward_status", answer.status)
end, 0)
