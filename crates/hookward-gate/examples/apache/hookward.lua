-- Asks hookward whether a webhook is genuine, and passes on what it says of it.
-- Needs LuaSocket for the Lua that Apache has: on Debian, the package lua-socket.
local http = require "socket.http"

local GATE = "http://127.0.0.1:9902/"
http.TIMEOUT = 10

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

-- Whatever is not said to be fine is refused: an error in here as well, with 500.
function ask(r)
    local question = {}
    for name, value in pairs(r:headers_in_table()) do
        local lower = name:lower()
        if lower:sub(1, 9) == "hookward-" then
            r.headers_in[name] = nil
        elseif not NOT_ASKED[lower] then
            question[lower] = value
        end
    end
    -- No client can say these.
    question["x-client-cert"] = r:ssl_var_lookup("SSL_CLIENT_CERT"):gsub("\n", " ")
    question["x-forwarded-for"] = r.useragent_ip
    question["x-forwarded-method"] = r.method
    question["x-forwarded-uri"] = r.unparsed_uri

    local answered, status, answer = http.request {
        url = GATE,
        headers = question,
        redirect = false,
    }
    if answered and status == 200 then
        for name, value in pairs(answer) do
            if name:sub(1, 9) == "hookward-" then
                r.headers_in[name] = value
            end
        end
        return apache2.OK
    end
    return (answered and status < 500) and 403 or 503
end
