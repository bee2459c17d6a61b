// Renders the phone. Foreign text is only ever assigned as textContent.

import { language, texts } from "./texts.js";

const HUES = 6;
const clock = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
const at = (id) => document.getElementById(id);

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children.filter((child) => child !== null));
  return made;
}

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#${name}`);
  svg.setAttribute("class", "sign");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

function button(name, label, data) {
  const made = element("button", "icon", icon(name));
  made.type = "button";
  made.title = label;
  made.setAttribute("aria-label", label);
  Object.assign(made.dataset, data);
  return made;
}

function avatar(name, index) {
  const made = element("span", "avatar", [...name][0] ?? "?");
  made.dataset.hue = index % HUES;
  made.setAttribute("aria-hidden", "true");
  return made;
}

// Sets the texts that never change.
export function labels() {
  for (const place of document.querySelectorAll("[data-text]")) {
    place.textContent = texts[place.dataset.text];
  }
  at("text").placeholder = texts.placeholder;
  for (const [id, label] of [
    ["text", texts.placeholder],
    ["chat", texts.chat],
    ["go", texts.send],
    ["attach", texts.attach],
    ["about-end", texts.end],
  ]) {
    at(id).setAttribute("aria-label", label);
    if (at(id) instanceof HTMLButtonElement) {
      at(id).title = label;
    }
  }
}

// The list of people.
export function people(all, current, calm, choose) {
  const cards = all.map((chat, index) => {
    const last = [...chat.entries.values()].findLast((entry) => entry.by !== "session");
    const line = chat.typing && calm ? texts.typing(texts.operator) : last ? lineOf(last) : "";
    const card = element(
      "button",
      "person",
      avatar(chat.name, index),
      element("span", "lines", element("strong", "", chat.name), element("span", "line", line)),
      chat.unread ? element("span", "badge", String(chat.unread)) : null,
    );
    card.type = "button";
    card.querySelector(".badge")?.setAttribute("aria-label", texts.unread(chat.unread));
    card.setAttribute("aria-pressed", String(chat.chat === current));
    card.addEventListener("click", () => choose(chat.chat));
    return card;
  });
  const held = document.activeElement?.closest(".people");
  at("people").replaceChildren(...cards);
  if (held) {
    at("people").querySelector("[aria-pressed=true]")?.focus();
  }
}

function lineOf(entry) {
  return entry.deleted ? texts.deleted : entry.text || entry.files?.[0]?.name || texts.file;
}

// The operator's name and the state of the channel.
export function top(chat, phone) {
  const operator = [...chat.entries.values()].findLast(
    (entry) => entry.author && entry.by === "operator",
  );
  const name = operator?.author ?? texts.support;
  at("with").textContent = name;
  at("avatar").textContent = [...name][0];
  const calm = phone.operators === null ? texts.connected : texts.online(phone.operators);
  at("status").textContent =
    phone.link !== "connected"
      ? texts.short[phone.link]
      : chat.typing
        ? texts.typing(operator?.author ?? texts.operator)
        : calm;
  at("status").className = chat.typing && phone.link === "connected" ? "typing" : phone.link;
  at("chat").classList.toggle("typing", chat.typing && phone.link === "connected");
  banner(phone);
}

export function banner(phone) {
  const calm = phone.link === "connected";
  // Waiting messages are lost when the messenger ends.
  const kept = phone.link === "lost" ? "" : texts.kept(phone.kept);
  const text = calm ? "" : `${texts.links[phone.link](phone.webhook)} ${kept}`.trim();
  if (at("banner").textContent !== text) {
    at("banner").textContent = text;
  }
  at("banner").hidden = calm;
  at("banner").className = `banner ${phone.link}`;
}

// Renders a whole chat.
export function whole(chat) {
  const made = [...chat.entries.values()].map((entry) => line(chat, entry));
  at("chat").replaceChildren(...(made.length ? made : [empty(chat)]));
  atEnd = true;
  toEnd();
}

// An empty chat with suggestions.
function empty(chat) {
  const starters = texts.starters.map((text) => {
    const made = element("button", "starter", text);
    made.type = "button";
    return made;
  });
  return element("div", "empty", element("p", "session", texts.empty(chat.name)), ...starters);
}

// Keeps the chat scrolled to its end while it grows, if it was there.
let atEnd = true;
function toEnd() {
  if (atEnd) {
    at("chat").scrollTop = at("chat").scrollHeight;
  }
}
at("chat").addEventListener("scroll", ({ target }) => {
  atEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 80;
});
new ResizeObserver(toEnd).observe(at("chat"));

// Renders changed entries.
export function entries(chat, changed) {
  const list = at("chat");
  if (!changed.length) {
    return;
  }
  list.querySelector(".empty")?.remove();
  for (const entry of changed) {
    const old = list.querySelector(`[data-number="${entry.number}"]`);
    const fresh = line(chat, entry);
    if (old) {
      old.replaceWith(fresh);
    } else {
      fresh.classList.add("new");
      list.append(fresh);
      atEnd ||= entry.by === "me";
    }
  }
  while (list.children.length > chat.entries.size) {
    list.firstElementChild.remove();
  }
  toEnd();
}

function line(chat, entry) {
  const made =
    entry.by === "session"
      ? element("div", "session", texts.session[entry.text] ?? entry.text)
      : element(
          "div",
          `message ${entry.by} ${entry.deleted ? "deleted" : entry.state}`,
          bubble(chat, entry),
          actions(entry),
        );
  made.dataset.number = entry.number;
  return made;
}

function bubble(chat, entry) {
  const text = entry.deleted
    ? element("p", "gone", texts.deleted)
    : element("p", "text", ...linked(entry.text));
  return element(
    "div",
    "bubble",
    entry.by === "operator" ? element("strong", "author", entry.author ?? texts.operator) : null,
    quote(chat, entry),
    entry.text || entry.deleted ? text : null,
    ...(entry.files ?? []).map(file),
    meta(entry),
    entry.why ? element("p", "why", entry.why) : null,
  );
}

function quote(chat, entry) {
  const quoted =
    entry.replyTo && [...chat.entries.values()].find((one) => one.id === entry.replyTo);
  return quoted ? element("blockquote", "", lineOf(quoted)) : null;
}

// The time and the state of a message.
function meta(entry) {
  const time = element("time", "", clock.format(entry.at));
  const made = element("span", "meta", entry.edited ? `${texts.edited} · ` : null, time);
  if (entry.by === "me" && !entry.deleted) {
    const state = texts.states[entry.state];
    const sign = icon(entry.state === "read" ? "confirmed" : entry.state);
    sign.classList.add(entry.state);
    const shown = element("span", "state", sign, element("span", "unseen", state));
    shown.title = state;
    made.append(shown);
  }
  return made;
}

function file({ name, URL: url }) {
  const inside = [icon("file"), element("span", "", name || url)];
  if (!/^https?:\/\//.test(url)) {
    return element("span", "file", ...inside);
  }
  return link(url, "file", ...inside);
}

function link(url, className, ...children) {
  const made = element("a", className, ...children);
  Object.assign(made, { href: url, target: "_blank", rel: "noopener noreferrer" });
  return made;
}

function linked(text) {
  const parts = text.split(/(https?:\/\/[^\s<>"]+)/);
  return parts.map((part, index) => (index % 2 ? link(part, "", part) : part));
}

function actions(entry) {
  const made = element("span", "actions");
  const add = (what) =>
    made.append(button(what, texts[what], { do: what, number: entry.number }));
  if (entry.by === "operator" && entry.id) {
    add("reply");
  }
  if (entry.by === "me" && !entry.deleted && entry.state !== "failed") {
    if (entry.text) {
      add("edit");
    }
    add("delete");
  }
  return made;
}

export function chosen(message) {
  at("chat").querySelector(".chosen")?.classList.remove("chosen");
  message?.classList.add("chosen");
}

// The message that is being replied to or edited.
export function about(what) {
  at("about").hidden = !what;
  at("about-text").textContent = !what
    ? ""
    : texts[what.do === "edit" ? "editing" : "replying"](lineOf(what.entry));
}

export function error(text) {
  at("error").textContent = text;
  at("error").hidden = !text;
}

// Fits the input to its text, up to the maximum of the style sheet.
export function grow() {
  at("text").style.height = "auto";
  at("text").style.height = `${at("text").scrollHeight + 2}px`;
}
