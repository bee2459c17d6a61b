// What the phone looks like: elements made of what is known, by textContent alone.

import { language, words } from "./words.js";

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

// The words that never change.
export function labels() {
  for (const place of document.querySelectorAll("[data-words]")) {
    place.textContent = words[place.dataset.words];
  }
  at("text").placeholder = words.placeholder;
  for (const [id, label] of [
    ["text", words.placeholder],
    ["chat", words.chat],
    ["go", words.send],
    ["attach", words.attach],
    ["about-end", words.end],
  ]) {
    at(id).setAttribute("aria-label", label);
    if (at(id) instanceof HTMLButtonElement) {
      at(id).title = label;
    }
  }
}

// Who can hold the phone.
export function people(all, current, calm, choose) {
  const cards = all.map((chat, index) => {
    const last = [...chat.entries.values()].findLast((entry) => entry.by !== "session");
    const line = chat.typing && calm ? words.typing(words.somebody) : last ? lineOf(last) : "";
    const card = element(
      "button",
      "person",
      avatar(chat.name, index),
      element("span", "lines", element("strong", "", chat.name), element("span", "line", line)),
      chat.unread ? element("span", "badge", String(chat.unread)) : null,
    );
    card.type = "button";
    card.querySelector(".badge")?.setAttribute("aria-label", words.unread(chat.unread));
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
  return entry.deleted ? words.deleted : entry.text || entry.files?.[0]?.name || words.file;
}

// With whom one writes, and how that is.
export function top(chat, phone) {
  const operator = [...chat.entries.values()].findLast(
    (entry) => entry.author && entry.by === "operator",
  );
  const name = operator?.author ?? words.support;
  at("with").textContent = name;
  at("avatar").textContent = [...name][0];
  const calm = phone.operators === null ? words.connected : words.online(phone.operators);
  at("status").textContent =
    phone.link !== "connected"
      ? words.short[phone.link]
      : chat.typing
        ? words.typing(operator?.author ?? words.somebody)
        : calm;
  at("status").className = chat.typing && phone.link === "connected" ? "typing" : phone.link;
  at("chat").classList.toggle("typing", chat.typing && phone.link === "connected");
  banner(phone);
}

export function banner(phone) {
  const calm = phone.link === "connected";
  // What a messenger that has ended kept is gone with it.
  const kept = phone.link === "lost" ? "" : words.kept(phone.kept);
  const text = calm ? "" : `${words.links[phone.link](phone.webhook)} ${kept}`.trim();
  if (at("banner").textContent !== text) {
    at("banner").textContent = text;
  }
  at("banner").hidden = calm;
  at("banner").className = `banner ${phone.link}`;
}

// Everything of a chat.
export function whole(chat) {
  const made = [...chat.entries.values()].map((entry) => line(chat, entry));
  at("chat").replaceChildren(...(made.length ? made : [empty(chat)]));
  atEnd = true;
  toEnd();
}

// Nothing was said yet: something to begin with.
function empty(chat) {
  const starters = words.starters.map((text) => {
    const made = element("button", "starter", text);
    made.type = "button";
    return made;
  });
  return element("div", "empty", element("p", "session", words.empty(chat.name)), ...starters);
}

// Whoever was at the end of a chat stays there, whatever grows.
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

// What has changed of it.
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
      ? element("div", "session", words.session[entry.text] ?? entry.text)
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
  const said = entry.deleted
    ? element("p", "gone", words.deleted)
    : element("p", "text", ...linked(entry.text));
  return element(
    "div",
    "bubble",
    entry.by === "operator" ? element("strong", "author", entry.author ?? words.somebody) : null,
    quote(chat, entry),
    entry.text || entry.deleted ? said : null,
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

// When, and how far it got.
function meta(entry) {
  const time = element("time", "", clock.format(entry.at));
  const made = element("span", "meta", entry.edited ? `${words.edited} · ` : null, time);
  if (entry.by === "me" && !entry.deleted) {
    const state = words.states[entry.state];
    const sign = icon(entry.state === "read" ? "told" : entry.state);
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
    made.append(button(what, words[what], { do: what, number: entry.number }));
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

// What the text that is being written answers or changes.
export function about(what) {
  at("about").hidden = !what;
  at("about-words").textContent = !what
    ? ""
    : words[what.do === "edit" ? "editing" : "replying"](lineOf(what.entry));
}

export function error(text) {
  at("error").textContent = text;
  at("error").hidden = !text;
}

// As high as what is written and its edges, up to what the style allows.
export function grow() {
  at("text").style.height = "auto";
  at("text").style.height = `${at("text").scrollHeight + 2}px`;
}
