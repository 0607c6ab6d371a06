"use strict";
// The page keeps no truth of its own: after every change it reads the timelines again and redraws what differs.

const $ = (id) => document.getElementById(id);
const state = {
  people: [], groups: [], group: null, worker: null, operator: null, topic: null,
  phone: { seen: new Map(), reply: null, edit: null, key: "" },
  room: { seen: new Map(), reply: null, edit: null, key: "" },
  read: new Map(), // topic id → messages already looked at
};

async function ask(method, path, body) {
  const answer = await fetch("/sandbox" + path, {
    method, headers: body ? { "Content-Type": "application/json" } : {}, body: body && JSON.stringify(body),
  });
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    toast(typeof data.detail === "string" ? data.detail : `refused (${answer.status})`);
    throw new Error(`sandbox answered ${answer.status}`);
  }
  return data;
}

let toastTimer;
function toast(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { $("toast").hidden = true; }, 3500);
}

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// --- Text with entities. Offsets are UTF-16 units, which is how JavaScript counts too.

const WRAP = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

function formatted(text, entities) {
  const root = document.createDocumentFragment();
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  (function fill(parent, from, to, list) {
    let at = from;
    while (list.length) {
      const entity = list.shift();
      const end = Math.min(entity.offset + entity.length, to);
      if (entity.offset < at) continue;
      parent.append(text.slice(at, entity.offset));
      const inside = [];
      while (list.length && list[0].offset < end) inside.push(list.shift());
      const node = wrap(entity, text.slice(entity.offset, end));
      fill(node, entity.offset, end, inside);
      parent.append(node);
      at = end;
    }
    parent.append(text.slice(at, to));
  })(root, 0, text.length, sorted);
  return root;
}

function wrap(entity, covered) {
  if (entity.type === "text_link" || entity.type === "url") {
    const link = make("a");
    const href = entity.url || covered;
    if (/^https?:/i.test(href)) { link.href = href; link.target = "_blank"; link.rel = "noreferrer noopener"; }
    return link;
  }
  if (entity.type === "spoiler") {
    const spoiler = make("span", "spoiler");
    spoiler.onclick = () => spoiler.classList.toggle("open");
    return spoiler;
  }
  if (["bot_command", "hashtag", "mention", "phone_number", "email"].includes(entity.type)) return make("a");
  return make(WRAP[entity.type] || "span");
}

// --- Messages

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });

function attachment(message) {
  if (message.location) {
    const { latitude, longitude } = message.location;
    return fileLine("📍", `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`, "location");
  }
  if (message.contact) return fileLine("👤", message.contact.first_name, message.contact.phone_number);
  if (!message.file) return null;
  const { url, name, size, mime } = message.file;
  if (message.kind === "photo" || (mime || "").startsWith("image/")) {
    const image = make("img");
    image.src = url;
    image.alt = "photo";
    image.onerror = () => image.replaceWith(fileLine("🖼", "photo", bytes(size), url));
    return image;
  }
  const icon = { voice: "🎤", video: "🎬", audio: "🎵", sticker: "🙂" }[message.kind] || "📄";
  return fileLine(icon, name || message.kind, bytes(size), url);
}

const bytes = (size) => (size < 1024 ? `${size} B` : size < 1048576 ? `${Math.round(size / 1024)} KB` : `${(size / 1048576).toFixed(1)} MB`);

function fileLine(icon, title, detail, url) {
  const line = make(url ? "a" : "div", "file");
  if (url) { line.href = url; line.target = "_blank"; }
  const words = make("span", "", title);
  words.append(make("small", "", detail));
  line.append(make("b", "", icon), words);
  return line;
}

function draw(message, all, viewer, pane) {
  if (message.service) return make("div", "service", message.service);
  const mine = message.from.id === viewer.id;
  const box = make("div", "message" + (mine ? " mine" : ""));
  const bubble = make("div", "bubble");
  if (pane === state.room && !mine) bubble.append(make("div", "who" + (message.from.is_bot ? " bot" : ""), message.from.name));
  if (message.forward_from) bubble.append(make("div", "forward", `Forwarded from ${message.forward_from}`));
  const replied = message.reply_to && all.find((m) => m.id === message.reply_to);
  if (replied) bubble.append(make("div", "quote", `${replied.from.name}: ${replied.text || replied.kind}`));
  const attached = attachment(message);
  if (attached) bubble.append(attached);
  bubble.append(formatted(message.text, message.entities));
  const marks = [message.silent && message.from.is_bot ? "🔕" : "", message.edited ? "edited" : "", clock(message.date)];
  bubble.append(make("span", "stamp", marks.filter(Boolean).join(" ")));
  box.append(bubble);
  if (message.buttons.length) box.append(inlineButtons(message, viewer));
  if (message.reactions.length) box.append(make("span", "reactions", message.reactions.join(" ")));
  box.append(tools(message, mine, viewer, pane));
  return box;
}

function inlineButtons(message, viewer) {
  const rows = make("div", "buttons");
  for (const row of message.buttons) {
    const line = make("div");
    for (const button of row) {
      const key = make("button", "", button.text);
      key.type = "button";
      key.onclick = async () => {
        if (button.url) { if (/^https?:/i.test(button.url)) window.open(button.url, "_blank", "noopener"); return; }
        key.classList.add("waiting");
        try {
          const answer = await ask("POST", "/press", {
            user_id: viewer.id, chat_id: viewer.chat, message_id: message.id, data: button.data, wait_seconds: 8,
          });
          if (answer.show_alert) { $("alert-text").textContent = answer.text; $("alert").showModal(); } else if (answer.text) toast(answer.text);
        } finally { key.classList.remove("waiting"); }
      };
      line.append(key);
    }
    rows.append(line);
  }
  return rows;
}

function tools(message, mine, viewer, pane) {
  const bar = make("div", "tools");
  const tool = (label, action) => {
    const button = make("button", "", label);
    button.type = "button";
    button.onclick = action;
    bar.append(button);
  };
  const prefix = pane === state.phone ? "phone" : "group";
  tool("Reply", () => { pane.reply = message; pane.edit = null; hint(prefix, pane); $(prefix + "-text").focus(); });
  if (mine && message.kind === "text") {
    tool("Edit", () => { pane.edit = message; pane.reply = null; $(prefix + "-text").value = message.text; hint(prefix, pane); $(prefix + "-text").focus(); });
  }
  if (mine || pane === state.phone) {
    tool("Delete", () => ask("POST", "/delete", { user_id: viewer.id, chat_id: viewer.chat, message_id: message.id }));
  }
  return bar;
}

function hint(prefix, pane) {
  const line = $(prefix + "-replying");
  const about = pane.reply || pane.edit;
  line.replaceChildren();
  line.hidden = !about;
  if (!about) return;
  line.append(make("span", "", (pane.edit ? "Editing: " : `Reply to ${about.from.name}: `) + (about.text || about.kind)));
  const cancel = make("button", "", "✕");
  cancel.type = "button";
  cancel.onclick = () => { if (pane.edit) $(prefix + "-text").value = ""; pane.reply = pane.edit = null; hint(prefix, pane); };
  line.append(cancel);
}

// Redraw only what changed, so that arrivals and erasures can be seen happening.
function show(screen, pane, key, messages, viewer, emptyText) {
  const fresh = pane.key !== key;
  if (fresh) { pane.seen.clear(); screen.replaceChildren(); pane.key = key; }
  const present = new Set(messages.map((m) => m.id));
  const atEnd = screen.scrollHeight - screen.scrollTop - screen.clientHeight < 120;
  for (const [id, entry] of pane.seen) {
    if (present.has(id)) continue;
    pane.seen.delete(id);
    entry.node.classList.add("erasing");
    setTimeout(() => entry.node.remove(), 460);
  }
  screen.querySelector(".empty")?.remove();
  for (const message of messages) {
    const quoted = messages.find((m) => m.id === message.reply_to);
    const looks = JSON.stringify([message, viewer.id, quoted && quoted.text]);
    const known = pane.seen.get(message.id);
    if (known && known.looks === looks) continue;
    const node = draw(message, messages, viewer, pane);
    if (known) known.node.replaceWith(node); else { screen.append(node); if (!fresh) node.classList.add("new"); }
    pane.seen.set(message.id, { node, looks });
  }
  if (!messages.length) screen.append(make("div", "empty", emptyText));
  if (fresh || atEnd) screen.scrollTop = screen.scrollHeight;
}

// --- The two sides

const worker = () => state.people.find((p) => p.id === state.worker);
const group = () => state.groups.find((g) => g.id === state.group);

function fillSelect(select, items, chosen, label) {
  const signature = JSON.stringify(items.map((i) => [i.id, label(i)]));
  if (select.dataset.signature !== signature) {
    select.dataset.signature = signature;
    select.replaceChildren(...items.map((i) => { const o = make("option", "", label(i)); o.value = i.id; return o; }));
  }
  select.value = String(chosen);
}

async function refreshPhone() {
  const person = worker();
  if (!person) { show($("phone-screen"), state.phone, "none", [], { id: 0 }, "Create a worker to begin."); return; }
  const chat = await ask("GET", `/chats/${person.id}`);
  if (person.id !== state.worker) return;
  show($("phone-screen"), state.phone, `p${person.id}`, chat.messages, { id: person.id, chat: person.id },
    person.started ? "Nothing here." : "Write something, or /start.");
  $("bot-state").textContent = person.blocked ? "blocked" : chat.action ? "typing…" : "bot";
  if (chat.action) setTimeout(schedule, 5200);
  $("block").textContent = person.blocked ? "Unblock bot" : "Block bot";
  const keyboard = $("keyboard");
  keyboard.hidden = !chat.keyboard.length;
  keyboard.replaceChildren(...chat.keyboard.map((row) => {
    const line = make("div");
    line.append(...row.map((button) => {
      const key = make("button", "", button.text);
      key.type = "button";
      key.onclick = () => {
        if (button.request_location) return sendAs(person, { location: [3.139, 101.6869] });
        if (button.request_contact) return sendAs(person, { contact: { phone_number: "+628110000000", first_name: person.name, user_id: person.id } });
        return sendAs(person, { text: button.text });
      };
      return key;
    }));
    return line;
  }));
}

async function refreshRoom() {
  const here = group();
  if (!here) return;
  const topic = here.topics.find((t) => t.id === state.topic) || null;
  if (!topic) state.topic = null;
  const list = [{ id: null, name: "General", last: "", messages: 0, closed: false }, ...[...here.topics].sort((a, b) => b.last_date - a.last_date || b.id - a.id)];
  if (topic) state.read.set(topic.id, topic.messages);
  $("topics").replaceChildren(...list.map((t) => {
    const entry = make("button", "topic" + (t.id === state.topic ? " chosen" : "") + (t.closed ? " closed" : ""));
    entry.type = "button";
    if (t.icon_color) entry.style.setProperty("--dot", "#" + t.icon_color.toString(16).padStart(6, "0"));
    entry.append(make("b", "", t.name));
    const unread = t.messages - (state.read.get(t.id) || 0);
    const badge = make("i", unread > 0 ? "fresh" : "", t.closed ? "closed" : String(unread > 0 ? unread : t.messages));
    badge.hidden = t.id === null;
    entry.append(badge, make("small", "", t.last || (t.id === null ? "Messages outside topics" : "—")));
    entry.onclick = () => { state.topic = t.id; state.room.reply = null; hint("group", state.room); refreshRoom(); };
    return entry;
  }));
  $("topic-name").textContent = topic ? topic.name : "General";
  $("topic-state").textContent = topic && topic.closed ? "closed" : "";
  $("close-topic").hidden = $("delete-topic").hidden = !topic;
  $("close-topic").textContent = topic && topic.closed ? "Reopen topic" : "Close topic";
  const wanted = state.topic;
  const query = wanted === null ? "?general_only=true" : `?topic_id=${wanted}`;
  const chat = await ask("GET", `/chats/${here.id}${query}`);
  if (wanted !== state.topic) return;
  show($("group-screen"), state.room, `g${here.id}/${wanted}/${state.operator}`, chat.messages,
    { id: state.operator, chat: here.id }, "No messages here yet.");
}

async function refresh() {
  const [people, groups, status] = await Promise.all([ask("GET", "/people"), ask("GET", "/groups"), ask("GET", "/status")]);
  state.people = people;
  state.groups = groups;
  const workers = people.filter((p) => !p.operator);
  if (!workers.some((p) => p.id === state.worker)) state.worker = workers.length ? workers[0].id : null;
  if (!groups.some((g) => g.id === state.group)) state.group = groups.length ? groups[0].id : null;
  const operators = group() ? group().operators : [];
  if (!operators.some((o) => o.id === state.operator)) state.operator = operators.length ? operators[0].id : null;
  const tag = (p) => p.name + (p.language_code ? ` · ${p.language_code}` : "");
  fillSelect($("worker"), workers, state.worker, tag);
  fillSelect($("operator"), operators, state.operator, tag);
  fillSelect($("group"), groups, state.group, (g) => g.title);
  $("group-choice").hidden = groups.length < 2;
  const lang = worker() ? worker().language_code || "" : "";
  const name = status.profile[`name:${lang}`] || status.profile["name:"] || status.bot.first_name;
  $("bot-name").textContent = name;
  $("bot-avatar").textContent = name.slice(0, 1);
  await Promise.all([refreshPhone(), refreshRoom()]);
}

// One refresh at a time, and one more if something changed meanwhile.
let running = false;
let again = false;
async function schedule() {
  if (running) { again = true; return; }
  running = true;
  try {
    do { again = false; await refresh().catch(() => {}); } while (again);
  } finally { running = false; }
}

async function sendAs(person, what) {
  const body = { user_id: person.id, ...what };
  if (state.phone.reply) body.reply_to = state.phone.reply.id;
  await ask("POST", "/send", body);
  state.phone.reply = null;
  hint("phone", state.phone);
}

function composer(prefix, pane, viewer, extra) {
  const text = $(prefix + "-text");
  const grow = () => { text.style.height = "auto"; text.style.height = `${text.scrollHeight}px`; };
  text.oninput = grow;
  text.onkeydown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); $(prefix + "-form").requestSubmit(); }
  };
  $(prefix + "-form").onsubmit = async (event) => {
    event.preventDefault();
    const words = text.value.trim();
    if (!words || !viewer()) return;
    const to = { user_id: viewer().id, ...extra() };
    if (pane.edit) await ask("POST", "/edit", { user_id: to.user_id, chat_id: to.chat_id, message_id: pane.edit.id, text: words });
    else await ask("POST", "/send", { ...to, text: words, reply_to: pane.reply ? pane.reply.id : null });
    text.value = "";
    grow();
    pane.reply = pane.edit = null;
    hint(prefix, pane);
  };
}

composer("phone", state.phone, worker, () => ({}));
composer("group", state.room, () => state.operator && { id: state.operator }, () => ({ chat_id: state.group, topic_id: state.topic }));

$("worker").onchange = (event) => { state.worker = Number(event.target.value); state.phone.reply = state.phone.edit = null; hint("phone", state.phone); schedule(); };
$("operator").onchange = (event) => { state.operator = Number(event.target.value); schedule(); };
$("group").onchange = (event) => { state.group = Number(event.target.value); state.topic = null; schedule(); };
$("block").onclick = () => worker() && ask("PATCH", `/people/${state.worker}`, { blocked: !worker().blocked });
$("close-topic").onclick = () => {
  const topic = group().topics.find((t) => t.id === state.topic);
  ask("POST", `/groups/${state.group}/topics`, { user_id: state.operator, do: topic.closed ? "reopen" : "close", topic_id: topic.id });
};
$("delete-topic").onclick = () => ask("POST", `/groups/${state.group}/topics`, { user_id: state.operator, do: "delete", topic_id: state.topic });

$("new-worker").onclick = () => { $("new-name").value = ""; $("worker-dialog").showModal(); };
$("worker-dialog").onclose = async () => {
  if ($("worker-dialog").returnValue !== "ok" || !$("new-name").value.trim()) return;
  const made = await ask("POST", "/people", { name: $("new-name").value.trim(), language_code: $("new-lang").value });
  state.worker = made.id;
  schedule();
};

for (const button of document.querySelectorAll("[data-media]")) {
  button.onclick = () => {
    $("attach").open = false;
    const picker = $("file");
    picker.accept = { photo: "image/*", voice: "audio/*" }[button.dataset.media] || "";
    picker.value = "";
    picker.onchange = () => {
      const [file] = picker.files;
      if (!file) return;
      const reader = new FileReader();
      reader.onload = () => sendAs(worker(), {
        media: button.dataset.media, content_b64: reader.result.split(",")[1] || "", mime: file.type || null,
        file_name: button.dataset.media === "document" ? file.name : null, caption: $("phone-text").value.trim() || null,
      }).then(() => { $("phone-text").value = ""; });
      reader.readAsDataURL(file);
    };
    picker.click();
  };
}
document.querySelector("[data-send=location]").onclick = () => { $("attach").open = false; sendAs(worker(), { location: [11.5564, 104.9282] }); };
document.querySelector("[data-send=contact]").onclick = () => {
  $("attach").open = false;
  sendAs(worker(), { contact: { phone_number: "+85510000000", first_name: worker().name } });
};
document.addEventListener("click", (event) => { if (!$("attach").contains(event.target)) $("attach").open = false; });

const events = new EventSource("/sandbox/events");
events.onopen = () => { $("live").classList.remove("off"); $("live").textContent = "live"; schedule(); };
events.onerror = () => { $("live").classList.add("off"); $("live").textContent = "not connected"; };
events.onmessage = (event) => { if (!["taken", "call", "callback"].includes(JSON.parse(event.data).what)) schedule(); };
