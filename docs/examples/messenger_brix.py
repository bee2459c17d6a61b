#!/usr/bin/env python3
"""A messenger in Python's standard library, in the plain BRIX dialect: `token` is the proof.

    python3 messenger_brix.py --listen 127.0.0.1:7001 --code SECRET --user ann --chat ann-1

Connect a channel with webhook http://127.0.0.1:7001/ and code SECRET. What operators write is
printed here; each line typed here is a message of the user. With --json each event is one JSON
line, and a typed JSON object is sent with `token` added: {"type": "disconnect"}.
"""

import argparse, datetime, hmac, http.client, json, signal, sys, threading, uuid
import urllib.error, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY_BYTES_MAX = 256 * 1024  # more than Switchboard ever sends
PAUSE_MAX = 30  # seconds between two attempts, unless the answer gives a time
broker = {"connects": 0}  # and "url": where to send messages, announced by `connect`
changed = threading.Condition()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None  # a redirect is an error then; followed, it would lose the body


direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)


class Webhook(BaseHTTPRequestHandler):
    timeout = 15  # seconds without a byte, then the connection is closed

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_BYTES_MAX:
            return self.answer(413 if length.isdecimal() else 411)
        try:
            body = json.loads(self.rfile.read(int(length)))
            token, kind, data = body.pop("token"), body["type"], body.get("data") or {}
            trusted = hmac.compare_digest(token.encode(), args.code.encode())
            url, person, text = data.get("webhook"), data.get("userId"), data.get("text")
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return self.answer(400)
        if not trusted:
            report("refused: wrong token", refused=kind)
            return self.answer(401)
        if kind == "connect" and isinstance(url, str) and url.startswith("http"):
            connect(url)
        report(f"{kind}: {text or json.dumps(data, ensure_ascii=False)}", received=body)
        if kind == "userInfo":
            name = args.name if person == args.user else str(person)
            return self.answer(200, id=person, username=name)
        self.answer(200)  # also for types that this version does not know

    def answer(self, status, **members):
        payload = json.dumps(members).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_):
        pass


def post(body):
    """Sends to Switchboard, and repeats the same bytes while that may succeed."""
    payload = json.dumps({**body, "token": args.code}).encode()
    with changed:
        changed.wait_for(lambda: "url" in broker)
    pause, shown = 1, ()
    while True:
        connects, status, wait = broker["connects"], None, ""
        request = urllib.request.Request(
            broker["url"], payload, {"Content-Type": "application/json"})
        try:
            try:
                reply = direct.open(request, timeout=15)
            except urllib.error.HTTPError as refusal:
                reply = refusal  # an answer, too
            with reply:
                answer = reply.read(BODY_BYTES_MAX).decode(errors="replace")
                status, wait = reply.status, reply.headers.get("Retry-After", "")
        except (OSError, http.client.HTTPException) as fault:
            answer = str(fault)
        code = problem_code(answer)
        if not may_succeed(status, code):
            break
        if (status, code) != shown:
            report(f"will send again: {status} {answer}", waiting=body, status=status, answer=answer)
            shown = (status, code)
        seconds = int(wait) if wait.isdecimal() else pause
        pause = min(pause * 2, PAUSE_MAX)
        with changed:  # a `connect` ends the wait, and is what a disconnected channel waits for
            changed.wait_for(lambda: broker["connects"] > connects,
                             None if code == "channel_disconnected" else seconds)
    what = "sent" if status < 300 else "dropped"
    report(f"{what}: {status} {answer}", sent=body, status=status, answer=answer)


def as_message(text):
    """The `message` for a line that was typed."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    return {"type": "message", "data": {
        "externalMessageId": str(uuid.uuid4()), "externalChatId": args.chat, "externalChatName":
        args.name, "externalUserId": args.user, "text": text, "createdAt": now}}


def may_succeed(status, code):
    """Whether the same request may succeed later; `None` means no answer. Any other error is final."""
    if code == "not_found":  # a path or an id that Switchboard does not know
        return False
    return (status in (None, 401, 404, 408, 429) or 300 <= status < 400 or status >= 500
            or code == "channel_disconnected")


def problem_code(answer):
    try:
        return json.loads(answer)["code"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None  # not an answer of Switchboard, but of a proxy before it


def typed(line):
    """The request for a line that was typed; None if it is not JSON."""
    if not (args.json and line.startswith("{")):
        return as_message(line)
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as fault:
        why = f"not JSON: {fault}; correct the line and send it again"
        report(why, invalid=line, why=why)


def connect(url):
    with changed:
        broker.update(url=url, connects=broker["connects"] + 1)
        changed.notify_all()


def report(text, **event):
    sys.stdout.write((json.dumps(event, ensure_ascii=False) if args.json else text) + "\n")
    sys.stdout.flush()


def main():
    try:
        host, port = args.listen.rsplit(":", 1)
        server = ThreadingHTTPServer((host, int(port)), Webhook)
    except (OSError, ValueError, OverflowError) as fault:
        sys.exit(f"cannot listen on {args.listen}: {fault}; give a free --listen HOST:PORT")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://{host}:{server.server_port}/"
    report(f"listening: {url}", listening=url)
    for line in filter(None, map(str.strip, sys.stdin)):
        if (body := typed(line)) is not None:
            post(body)
    threading.Event().wait()  # end of input: keep receiving


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0],
                                      usage="%(prog)s --code CODE [options]; --help lists them")
    options.add_argument("--listen", default="127.0.0.1:7001", help="HOST:PORT; port 0: a free one")
    options.add_argument("--code", required=True, help="the channel's confirmation code")
    options.add_argument("--user", default="ann", help="id of the person who types here")
    options.add_argument("--name", default="Ann", help="and the name")
    options.add_argument("--chat", default="ann-1", help="id of the conversation")
    options.add_argument("--webhook", help="Switchboard's address, when connected before")
    options.add_argument("--json", action="store_true", help="JSON lines, in and out")
    args = options.parse_args()
    if not args.code:
        options.error("--code is empty: give the code that the channel was connected with")
    if args.webhook and not args.webhook.startswith(("http://", "https://")):
        options.error("--webhook must be the http or https URL that `connect` announced")
    if args.webhook:
        broker["url"] = args.webhook
    for stream in (sys.stdin, sys.stdout):
        stream.reconfigure(encoding="utf-8", errors="replace")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        main()
    except KeyboardInterrupt:
        pass
