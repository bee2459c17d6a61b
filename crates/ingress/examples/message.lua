-- For wrk: one message per request, each with a unique id, authenticated by its token. Requests are
-- built from a template, because wrk and the gateway share the machine.
local head = "POST /api/messengers/external/other/webhook/0190f5fe-7a3b-7c44-9d55-0123456789ab HTTP/1.1\r\n"
  .. "Host: localhost\r\nContent-Type: application/json\r\n"
local before = '{"type":"message","token":"code","data":{"externalChatId":"chat-'
local between = '","externalUserId":"user-1","externalMessageId":"'
local after = '","text":"Hello, I have a question about my order. When will it be delivered?"}}'
local count = 0

function request()
  count = count + 1
  local body = before .. (count % 1000) .. between .. count .. after
  return head .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end
