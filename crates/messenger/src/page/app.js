// The phone: applies updates of the messenger, and sends what the person does.

import { language, texts } from "./texts.js";
import * as view from "./view.js";

// How long a typing signal is shown, and how often ours is sent.
const TYPING_MS = 6000;
const TYPING_EVERY_MS = 2500;
// The messenger keeps as many entries of a chat.
const ENTRIES_MAX = 1000;

const chats = new Map();
const read = new Set();
let phone = { link: "lost", kept: 0, operators: null, webhook: "" };
let current = null;
let about = null;
let typedAt = 0;

const at = (id) => document.getElementById(id);

// Applies an update: everything at first, then the changes.
function apply(update) {
  if (update.fresh) {
    chats.clear();
  }
  phone = update;
  for (const { chat, person, name, typing } of update.chats) {
    const known = chats.get(chat) ?? { entries: new Map(), unread: 0 };
    clearTimeout(known.timer);
    const timer = typing ? setTimeout(() => stopTyping(chat), TYPING_MS) : 0;
    chats.set(chat, { ...known, chat, person, name, typing, timer });
  }
  for (const entry of update.entries) {
    const { entries } = chats.get(entry.chat);
    entries.set(entry.number, entry);
    if (entries.size > ENTRIES_MAX) {
      entries.delete(entries.keys().next().value);
    }
  }
  for (const chat of chats.values()) {
    chat.unread = [...chat.entries.values()].filter(isUnread).length;
  }
  if (update.fresh || !chats.has(current)) {
    const kept = sessionStorage.getItem("chat");
    choose(chats.has(kept) ? kept : [...chats.keys()][0]);
  } else {
    view.entries(
      chats.get(current),
      update.entries.filter((entry) => entry.chat === current),
    );
    refresh();
  }
}

function isUnread(entry) {
  return entry.by === "operator" && entry.state === "accepted" && !read.has(entry.id);
}

function stopTyping(chat) {
  chats.get(chat).typing = false;
  refresh();
}

function refresh() {
  markRead();
  view.people([...chats.values()], current, phone.link === "connected", choose);
  view.top(chats.get(current), phone);
}

// Switches to the chat of another person.
function choose(chat) {
  current = chat;
  sessionStorage.setItem("chat", chat);
  begin(null);
  view.whole(chats.get(chat));
  refresh();
  at("text").focus({ preventScroll: true });
}

// Marks the visible messages as read while the page has the focus.
function markRead() {
  const chat = chats.get(current);
  if (!chat || !document.hasFocus()) {
    return;
  }
  for (const entry of [...chat.entries.values()].filter(isUnread)) {
    read.add(entry.id);
    post({ do: "read", message: entry.id }).catch(() => read.delete(entry.id));
  }
  chat.unread = 0;
}

async function post(action) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch("/do", { method: "POST", headers, body: JSON.stringify(action) });
  if (!answer.ok) {
    const { error } = await answer.json();
    throw new Error(error);
  }
}

// Sends an action and shows its error.
async function attempt(action) {
  view.error("");
  try {
    await post(action);
    return true;
  } catch (error) {
    view.error(error instanceof TypeError ? texts.links.lost() : error.message);
    return false;
  }
}

// Begins to reply to or edit a message, or cancels that.
function begin(what) {
  about = what;
  view.about(what);
  if (what) {
    at("text").value = what.do === "edit" ? what.entry.text : at("text").value;
    at("text").focus();
    view.grow();
  }
}

async function send() {
  const text = at("text").value.trim();
  const { person } = chats.get(current);
  if (!text) {
    return;
  }
  const action =
    about?.do === "edit"
      ? { do: "edit", message: about.entry.id, text }
      : { do: "say", person, text, replyTo: about?.entry.id };
  if (await attempt(action)) {
    at("text").value = "";
    typedAt = 0;
    begin(null);
    view.grow();
  }
}

async function attach() {
  const url = prompt(texts.askUrl)?.trim();
  if (url) {
    await attempt({ do: "file", person: chats.get(current).person, url });
  }
}

function typed() {
  view.grow();
  if (at("text").value && Date.now() - typedAt > TYPING_EVERY_MS) {
    typedAt = Date.now();
    // Useless later, so a failure is ignored.
    post({ do: "type", person: chats.get(current).person }).catch(() => {});
  }
}

// Handles the buttons in the chat.
function act(event) {
  const button = event.target.closest("button[data-do]");
  // Without a mouse, a tap shows the actions of a message.
  view.chosen(event.target.closest(".message"));
  if (event.target.matches(".starter")) {
    at("text").value = event.target.textContent;
    send();
  }
  if (!button) {
    return;
  }
  const entry = chats.get(current).entries.get(Number(button.dataset.number));
  if (button.dataset.do === "delete") {
    attempt({ do: "delete", message: entry.id });
  } else {
    begin({ do: button.dataset.do, entry });
  }
}

document.documentElement.lang = language;
view.labels();
at("chat").addEventListener("click", act);
at("about-end").addEventListener("click", () => begin(null));
at("attach").addEventListener("click", attach);
at("text").addEventListener("input", typed);
at("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  } else if (event.key === "Escape") {
    begin(null);
  }
});
at("write").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
window.addEventListener("focus", () => chats.has(current) && refresh());

const events = new EventSource("/events");
events.addEventListener("message", (event) => apply(JSON.parse(event.data)));
events.addEventListener("error", () => {
  phone = { ...phone, link: "lost" };
  if (chats.has(current)) {
    refresh();
  } else {
    view.banner(phone);
  }
});
