#!/usr/bin/env python3
"""The smallest messenger that works: standard library, token in the body, one person.

    python3 messenger_minimal.py 8300 my-code     # then connect http://127.0.0.1:8300/ with my-code

Each typed line is sent until it is accepted or rejected for good; operators' messages are printed.
`messenger_brix.py` is the same with limits and JSON output.
"""
import http.client, json, signal, sys, threading, urllib.error, urllib.request, uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

if len(sys.argv) != 3 or not sys.argv[1].isdecimal():
    sys.exit("usage: python3 messenger_minimal.py PORT CODE")
PORT, CODE = int(sys.argv[1]), sys.argv[2]
changed = threading.Condition()
where = {"connects": 0}  # and "url", once `connect` has said where to send


class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer, status = {}, 200
        if body.get("token") != CODE:
            status = 401
        elif body["type"] == "connect":
            with changed:
                where.update(url=body["data"]["webhook"], connects=where["connects"] + 1)
                changed.notify_all()
        elif body["type"] == "userInfo":
            answer = {"id": body["data"]["userId"], "username": "Ann"}
        elif body["type"] == "message":
            print("operator:", body["data"]["text"], flush=True)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_):
        pass


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None  # a redirect is an error then; followed, it would lose the body


def send(text):
    data = {"externalMessageId": str(uuid.uuid4()), "externalChatId": "chat-1", "externalUserId": "ann", "text": text}
    body = json.dumps({"type": "message", "token": CODE, "data": data}).encode()
    with changed:
        changed.wait_for(lambda: "url" in where)
    while True:  # the same id has one effect, so repeating is always safe
        connects, pause = where["connects"], 1
        request = urllib.request.Request(where["url"], body, {"Content-Type": "application/json"})
        try:
            try:
                return urllib.request.build_opener(NoRedirect).open(request, timeout=10).read()
            except urllib.error.HTTPError as error:
                status, answer = error.code, error.read().decode(errors="replace")
            if status == 409 and '"channel_disconnected"' in answer:
                pause = None  # until the next `connect`
            elif '"not_found"' in answer or (
                    400 <= status < 500 and status not in (401, 404, 408, 429)):
                return print("dropped:", status, answer, flush=True)
            print("not yet:", status, answer, flush=True)
        except (http.client.HTTPException, OSError) as error:
            print("not yet:", error, flush=True)
        with changed:
            changed.wait_for(lambda: where["connects"] > connects, pause)


signal.signal(signal.SIGINT, signal.SIG_DFL)
try:
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Webhook)
except (OSError, OverflowError) as error:
    sys.exit(f"cannot listen on port {PORT}: {error}; choose another port")
threading.Thread(target=server.serve_forever, daemon=True).start()
for line in sys.stdin:
    send(line.strip())
