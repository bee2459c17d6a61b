#!/usr/bin/env python3
"""The smallest messenger that works: standard library, token in the body, one person.

    python3 messenger_minimal.py 8300 my-code     # then connect http://127.0.0.1:8300/ with my-code

Each typed line is sent until it is accepted; operators' messages are printed. `messenger_brix.py` is the
same with limits and JSON output.
"""
import json, sys, threading, time, urllib.error, urllib.request, uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, CODE = int(sys.argv[1]), sys.argv[2]
public = threading.Event()  # set once `connect` has said where to send
where = {}


class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer, status = {}, 200
        if body.get("token") != CODE:
            status = 401
        elif body["type"] == "connect":
            where["url"] = body["data"]["webhook"]
            public.set()
        elif body["type"] == "userInfo":
            answer = {"id": body["data"]["userId"], "username": "Ann"}
        elif body["type"] == "message":
            print("operator:", body["data"]["text"], flush=True)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_):
        pass


def send(text):
    data = {"externalMessageId": str(uuid.uuid4()), "externalChatId": "chat-1", "externalUserId": "ann", "text": text}
    body = json.dumps({"type": "message", "token": CODE, "data": data}).encode()
    public.wait()
    while True:  # the same id has one effect, so repeating is always safe
        try:
            request = urllib.request.Request(where["url"], body, {"Content-Type": "application/json"})
            return urllib.request.urlopen(request, timeout=10).read()
        except (urllib.error.URLError, OSError) as error:
            print("not yet:", error, flush=True)
            time.sleep(1)


threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", PORT), Webhook).serve_forever, daemon=True).start()
for line in sys.stdin:
    send(line.strip())
