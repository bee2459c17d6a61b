#!/usr/bin/env python3
"""A messenger that signs its requests and accepts only signed ones (Standard Webhooks).

    pip install standardwebhooks
    python3 messenger_signed.py --listen 127.0.0.1:7002 --code whsec_... --user bob --chat bob-1

Connect a channel with webhook http://127.0.0.1:7002/ and the same code. What operators write is
printed here and reported as delivered; each line typed here is a message of the user. With --json
each event is one JSON line, and a typed JSON object is signed and sent unchanged.
"""

import argparse, base64, datetime, hashlib, hmac, http.client, json, queue, signal, sys, threading
import urllib.error, urllib.request, uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

try:
    from standardwebhooks import Webhook as Signer
except ImportError:
    sys.exit("a package is missing; install it: pip install standardwebhooks")

BODY_BYTES_MAX = 256 * 1024  # more than Switchboard ever sends
PAUSE_MAX = 30  # seconds between two attempts, unless the answer gives a time
SEEN_MAX = 10_000
broker = {"connects": 0}  # and "url": where to send messages, announced by `connect`
changed = threading.Condition()
outbox = queue.Queue(maxsize=1_000)
seen = {}  # webhook ids, oldest first: an attempt that was answered too late is repeated


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
        raw = self.rfile.read(int(length))
        try:
            body = signer.verify(raw, dict(self.headers))
        except Exception as fault:  # WebhookVerificationError, or ValueError for bad headers
            report(f"refused: {fault}", refused=str(fault))
            return self.answer(401)
        try:
            kind, data = body["type"], body.get("data") or {}
            challenge, url, message = (data.get(k) for k in ("challenge", "webhook", "messageId"))
        except (LookupError, TypeError, AttributeError):
            return self.answer(400)
        again = seen.setdefault(self.headers["webhook-id"], self) is not self
        if len(seen) > SEEN_MAX:
            seen.pop(next(iter(seen)), None)
        body.pop("token", None)
        report(f"{kind}: {data.get('text') or json.dumps(data, ensure_ascii=False)}",
             received=body, id=self.headers["webhook-id"], again=again)
        if kind == "connect" and isinstance(url, str) and url.startswith("http"):
            proof = hmac.new(key, str(challenge).encode(), hashlib.sha256).digest()
            self.answer(200, challenge=base64.b64encode(proof).decode(),
                        capabilities={"operatorInitiated": True, "receipts": True})
            return connect(url)
        if kind == "userInfo":
            person = data.get("userId")
            name = args.name if person == args.user else str(person)
            return self.answer(200, id=person, username=name)
        self.answer(200)  # also for types that this version does not know
        if kind == "message" and message and not outbox.full():
            data = {"messageId": message, "status": "delivered"}
            outbox.put({"type": "messageStatus", "data": data})

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
    payload, message_id = json.dumps(body), str(uuid.uuid4())
    with changed:
        changed.wait_for(lambda: "url" in broker)
    pause, shown = 1, ()
    while True:
        connects, status, wait = broker["connects"], None, ""
        now = datetime.datetime.now(datetime.timezone.utc)
        request = urllib.request.Request(broker["url"], payload.encode(), {
            "Content-Type": "application/json", "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signer.sign(message_id, now, payload)})
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


def send_in_order():
    while True:
        post(outbox.get())


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
    for work in (server.serve_forever, send_in_order):
        threading.Thread(target=work, daemon=True).start()
    url = f"http://{host}:{server.server_port}/"
    report(f"listening: {url}", listening=url)
    for line in filter(None, map(str.strip, sys.stdin)):
        if (body := typed(line)) is not None:
            outbox.put(body)
    threading.Event().wait()  # end of input: keep receiving


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0],
                                      usage="%(prog)s --code CODE [options]; --help lists them")
    options.add_argument("--listen", default="127.0.0.1:7002", help="HOST:PORT; port 0: a free one")
    options.add_argument("--code", required=True, help="the channel's confirmation code, whsec_...")
    options.add_argument("--user", default="bob", help="id of the person who types here")
    options.add_argument("--name", default="Bob", help="and the name")
    options.add_argument("--chat", default="bob-1", help="id of the conversation")
    options.add_argument("--webhook", help="Switchboard's address, when connected before")
    options.add_argument("--json", action="store_true", help="JSON lines, in and out")
    args = options.parse_args()
    if not args.code:
        options.error("--code is empty: give the code that the channel was connected with")
    if args.webhook and not args.webhook.startswith(("http://", "https://")):
        options.error("--webhook must be the http or https URL that `connect` announced")
    is_key = args.code.startswith("whsec_")
    try:
        key = base64.b64decode(args.code[6:], validate=True) if is_key else args.code.encode()
    except ValueError:
        key = b""
    if not key:
        options.error("--code: give whsec_ and a key in base64; README.md shows how to make it")
    signer = Signer(key)
    if args.webhook:
        broker["url"] = args.webhook
    for stream in (sys.stdin, sys.stdout):
        stream.reconfigure(encoding="utf-8", errors="replace")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        main()
    except KeyboardInterrupt:
        pass
